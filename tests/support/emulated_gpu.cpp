// Runs the kernels of cuda_kernels.cu on the CPU: a block's threads are fibres that take turns at each barrier, and the products
// of the tensor cores are computed from what the lanes of a warp hold, with the rounding of their operands.
#include <ucontext.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#define EMULATED
#define __global__ static
#define __device__ static
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __restrict__
#define __shared__ static  // blocks run one after the other
#define __align__(bytes) __attribute__((aligned(bytes)))

struct uint4 {
    unsigned x, y, z, w;
};
struct uint2 {
    unsigned x, y;
};
static uint2 make_uint2(unsigned x, unsigned y) { return {x, y}; }
static unsigned __float_as_uint(float value) {
    unsigned bits;
    std::memcpy(&bits, &value, sizeof bits);
    return bits;
}
static float __uint_as_float(unsigned bits) {
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

typedef unsigned short half_bits;
struct Index {
    int x, y;
};
static Index threadIdx, blockIdx, gridDim;

struct Fibre {
    ucontext_t context;
    std::unique_ptr<char[]> stack;
    bool done = false;
};
static std::vector<Fibre> fibres;
static ucontext_t scheduler;
static int running;

static void yield() { swapcontext(&fibres[running].context, &scheduler); }

struct Barrier {
    int wanted = 0, arrived = 0, turn = 0;
    void wait() {
        const int own = turn;
        if (++arrived == wanted) {
            arrived = 0;
            turn++;
        }
        while (own == turn) yield();
    }
};
static Barrier block_barrier;
static std::vector<Barrier> warp_barriers;

static void synchronise() { block_barrier.wait(); }

static half_bits to_half(float value) {
    const _Float16 half = (_Float16)value;
    half_bits bits;
    std::memcpy(&bits, &half, sizeof bits);
    return bits;
}
static float from_half(half_bits bits) {
    _Float16 half;
    std::memcpy(&half, &bits, sizeof half);
    return (float)half;
}
static float exp2_of(float x) { return std::exp2(x); }
static float reciprocal(float x) { return 1.0f / x; }

struct Operands {
    unsigned a[4], b[2];
};
static std::vector<Operands> operands;

static unsigned largest_of_warp(unsigned value) {
    const int warp = threadIdx.x / 32;
    operands[threadIdx.x].a[0] = value;
    warp_barriers[warp].wait();
    unsigned largest = 0;
    for (int lane = 0; lane < 32; lane++) largest = std::max(largest, operands[warp * 32 + lane].a[0]);
    warp_barriers[warp].wait();
    return largest;
}

static void copy_soon(float *shared, const float *global, bool is_there) {
    for (int n = 0; n < 4; n++) shared[n] = is_there ? global[n] : 0.0f;
}
static void close_copies() {}
static void wait_for_copies() {}

// The sums of one lane: rows `group` and `group` + 8, columns 2 `quad` and 2 `quad` + 1.
static void add_product(float (&sum)[4], const unsigned (&a)[4], unsigned b0, unsigned b1, int terms,
                        const std::function<float(const unsigned *registers, int row_half, int term, bool is_a)> &at) {
    const int thread = threadIdx.x, warp = thread / 32, lane = thread % 32;
    operands[thread] = {{a[0], a[1], a[2], a[3]}, {b0, b1}};
    warp_barriers[warp].wait();
    const int lanes_of_terms = 4;
    for (int e = 0; e < 4; e++) {
        const int row = lane / 4 + 8 * (e >> 1), column = 2 * (lane % 4) + (e & 1);
        double total = 0.0;
        for (int term = 0; term < terms; term++) {
            const int quad = terms == 16 ? term % 8 / 2 : term % lanes_of_terms;
            const Operands &of_a = operands[warp * 32 + row % 8 * 4 + quad], &of_b = operands[warp * 32 + column * 4 + quad];
            total += (double)at(of_a.a, row / 8, term, true) * (double)at(of_b.b, 0, term, false);
        }
        sum[e] += (float)total;
    }
    warp_barriers[warp].wait();
}

static void add_product_f16(float (&sum)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
    add_product(sum, a, b0, b1, 16, [](const unsigned *registers, int row_half, int term, bool is_a) {
        const unsigned both = registers[is_a ? term / 8 * 2 + row_half : term / 8];
        return from_half((half_bits)(term % 2 ? both >> 16 : both));
    });
}

static void add_product_tf32(float (&sum)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
    add_product(sum, a, b0, b1, 8, [](const unsigned *registers, int row_half, int term, bool is_a) {
        return __uint_as_float(registers[is_a ? term / 4 * 2 + row_half : term / 4] & 0xffffe000u);
    });
}

using std::copysignf;
#include KERNELS

static std::function<void()> body;

static void enter() {
    body();
    fibres[running].done = true;
    yield();
}

static void run_block(int threads) {
    fibres = std::vector<Fibre>(threads);
    operands = std::vector<Operands>(threads);
    warp_barriers = std::vector<Barrier>(threads / 32, Barrier{32});
    block_barrier = Barrier{threads};
    constexpr int STACK = 1 << 16;
    for (Fibre &fibre : fibres) {
        fibre.stack.reset(new char[STACK]);
        getcontext(&fibre.context);
        fibre.context.uc_stack.ss_sp = fibre.stack.get();
        fibre.context.uc_stack.ss_size = STACK;
        fibre.context.uc_link = &scheduler;
        makecontext(&fibre.context, enter, 0);
    }
    for (int left = threads; left > 0;) {
        left = 0;
        for (running = 0; running < threads; running++) {
            if (fibres[running].done) continue;
            threadIdx.x = running;
            swapcontext(&scheduler, &fibres[running].context);
            left += !fibres[running].done;
        }
    }
}

template <typename... Parameters, std::size_t... Places>
static void call(void (*kernel)(Parameters...), void **arguments, std::index_sequence<Places...>) {
    kernel(*(std::remove_reference_t<Parameters> *)arguments[Places]...);
}

template <typename... Parameters> static std::function<void(void **)> callable(void (*kernel)(Parameters...)) {
    return [kernel](void **arguments) { call(kernel, arguments, std::index_sequence_for<Parameters...>()); };
}

extern "C" int launch(const char *name, int grid_x, int grid_y, int threads, void **arguments) {
    static const std::map<std::string, std::function<void(void **)>> kernels = {
        {"forward<32, true>", callable(forward<32, true>)},
        {"forward<32, false>", callable(forward<32, false>)},
        {"forward<64, true>", callable(forward<64, true>)},
        {"forward<64, false>", callable(forward<64, false>)},
        {"backward<32>", callable(backward<32>)},
        {"backward<64>", callable(backward<64>)},
        {"recurrent_gradient<32>", callable(recurrent_gradient<32>)},
        {"recurrent_gradient<64>", callable(recurrent_gradient<64>)},
    };
    const auto found = kernels.find(name);
    if (found == kernels.end()) return 1;
    gridDim = {grid_x, grid_y};
    body = [&] { found->second(arguments); };
    for (blockIdx.y = 0; blockIdx.y < grid_y; blockIdx.y++)
        for (blockIdx.x = 0; blockIdx.x < grid_x; blockIdx.x++) run_block(threads);
    return 0;
}
