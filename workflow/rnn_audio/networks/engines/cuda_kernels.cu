// The recurrence of a pack for GPUs from compute capability 8.0 on, with the recurrent weights in registers.
//
// Products run on tensor cores, in parts that add up to float32's precision. A number is split into a high part of 11
// bits and the rest, rounded to 11 bits; of the four products of two split numbers the smallest is left out. In the
// recurrence the parts are float16, the rest scaled by 2^11: states lie between -1 and 1, and gradients are scaled to
// float16's range, each sequence by its own power of two. The sums over all samples take TF32, which has float32's range.
//
// Shapes: M models, B sequences, T samples, H units (32 or 64); gates in PyTorch's order i, f, g, o. A block runs one
// model and a tile of its sequences through all samples. Blocks share nothing and use no atomics.
//
// Compiled at run time without any header. Tests compile it for the CPU (EMULATED), with functions for what is
// special to a GPU.

#ifndef EMULATED
typedef unsigned short half_bits;

__device__ __forceinline__ void synchronise() { __syncthreads(); }

__device__ __forceinline__ half_bits to_half(float value) {
    half_bits bits;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(bits) : "f"(value));
    return bits;
}

__device__ __forceinline__ float from_half(half_bits bits) {
    float value;
    asm("cvt.f32.f16 %0, %1;" : "=f"(value) : "h"(bits));
    return value;
}

__device__ __forceinline__ float exp2_of(float x) {
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}

__device__ __forceinline__ float reciprocal(float x) {
    float y;
    asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}

// A warp adds the product of a 16 x 16 and a 16 x 8 matrix of float16 to a 16 x 8 matrix of float32.
__device__ __forceinline__ void add_product_f16(float (&sum)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
    asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

// The largest of a warp's numbers.
__device__ __forceinline__ unsigned largest_of_warp(unsigned value) {
    unsigned largest;
    asm volatile("redux.sync.max.u32 %0, %1, 0xffffffff;" : "=r"(largest) : "r"(value));
    return largest;
}

// Copies 16 bytes to shared memory without waiting; zeros where there is nothing to copy.
__device__ __forceinline__ void copy_soon(float *shared, const float *global, bool is_there) {
    const unsigned place = (unsigned)__cvta_generic_to_shared(shared);
    const int bytes = is_there ? 16 : 0;
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" : : "r"(place), "l"(global), "r"(bytes));
}

__device__ __forceinline__ void close_copies() { asm volatile("cp.async.commit_group;"); }

// Waits for all groups of copies but the last.
__device__ __forceinline__ void wait_for_copies() { asm volatile("cp.async.wait_group 1;"); }

// A warp adds the product of a 16 x 8 and an 8 x 8 matrix of TF32 to a 16 x 8 matrix of float32.
__device__ __forceinline__ void add_product_tf32(float (&sum)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
    asm("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}
#endif

#define INLINE __device__ __forceinline__

typedef long long Place;

INLINE float sigmoid(float x) { return reciprocal(1.0f + exp2_of(-1.4426950408889634f * x)); }

// By an exponential, and near 0, where that loses digits to cancellation, by a polynomial (from the Cephes library).
INLINE float hyperbolic_tangent(float x) {
    const float far = 1.0f - 2.0f * reciprocal(1.0f + exp2_of(2.8853900817779268f * fabsf(x)));
    const float square = x * x;
    float series = -5.70498872745e-3f * square + 2.06390887954e-2f;
    series = series * square - 5.37397155531e-2f;
    series = series * square + 1.33314422036e-1f;
    series = series * square - 3.33332819422e-1f;
    return fabsf(x) < 0.625f ? series * square * x + x : copysignf(far, x);
}

constexpr float REST_SCALE = 2048.0f;

INLINE void split_half(float value, half_bits &high, half_bits &rest) {
    high = to_half(value);
    rest = to_half((value - from_half(high)) * REST_SCALE);
}

INLINE unsigned pair_of(half_bits first, half_bits second) { return first | (unsigned)second << 16; }

INLINE unsigned tf32_high(float value) { return __float_as_uint(value) & 0xffffe000u; }

INLINE unsigned tf32_rest(float value, unsigned high) { return __float_as_uint(value - __uint_as_float(high)); }

// Where a warp's lane stands in the matrices of a product: `group` is its row (and, of the second factor, its column),
// `quad` its place within the row.
struct Lane {
    int group, quad;
};

INLINE Lane lane_of(int thread) { return {(thread & 31) >> 2, thread & 3}; }

// ---------------------------------------------------------------------------------------------------------------------
// Forward: 8 sequences in a block of 4 H threads. A warp has 8 units: one product gives their gates i and f, another g
// and o, so that a thread gets all four gates of its two cells. The state h is exchanged through shared memory.

// Distances in shared memory between two sequences, and between two pairs of them, in halves: neither the writes of a
// unit's neighbours nor the reads of 16 bytes meet in one bank.
template <int H> struct Exchange {
    static constexpr int NEXT = 2 * H + 32, PAIR = 2 * NEXT + 16, SIZE = 4 * PAIR;
};

template <int H, bool KEEP>
__global__ void __launch_bounds__(4 * H, H == 64 ? 2 : 4) forward(
    const float *__restrict__ inputs,     // [M, B, T], by strides, its samples next to each other
    const float *__restrict__ first_h,    // [M, B, H]
    const float *__restrict__ first_c,    // [M, B, H]
    const float *__restrict__ weight_ih,  // [M, 4H]
    const float *__restrict__ weight_hh,  // [M, 4H, H]
    const float *__restrict__ bias,       // [M, 4H], the sum of both biases
    float *__restrict__ hidden,           // [M, T + 1, B, H], written: the initial state, then the state after each sample
    float *__restrict__ cells,            // [M, T + 1, B, H], written if KEEP
    float *__restrict__ gates,            // [M, T, B, 4H], written if KEEP: after the nonlinearities
    float *__restrict__ last_c,           // [M, B, H], written
    int batch, int steps, int input_stride_m, int input_stride_b) {
    constexpr int CHUNKS = H / 16;
    __shared__ __align__(16) half_bits exchange[2][Exchange<H>::SIZE];
    const int thread = threadIdx.x, warp = thread >> 5;
    const Lane lane = lane_of(thread);
    const int unit = warp * 8 + lane.group;
    const Place model = blockIdx.x;
    const int state = batch * H;

    // A thread's four numbers of a chunk of 16 are next to each other in the state: any order serves, if both factors
    // have it. Read 16 bytes at once, they are those of two chunks.
    unsigned high[2][CHUNKS][4], rest[2][CHUNKS][4];
    const float *own = weight_hh + model * 4 * H * H;
#pragma unroll
    for (int two = 0; two < 2; two++)
#pragma unroll
        for (int chunk = 0; chunk < CHUNKS; chunk++)
#pragma unroll
            for (int e = 0; e < 4; e++) {
                const int gate = 2 * two + (e & 1);
                const int from = chunk / 2 * 32 + lane.quad * 8 + chunk % 2 * 4 + (e >> 1) * 2;
                const float *weights = own + (gate * H + unit) * H + from;
                half_bits high0, high1, rest0, rest1;
                split_half(weights[0], high0, rest0);
                split_half(weights[1], high1, rest1);
                high[two][chunk][e] = pair_of(high0, high1);
                rest[two][chunk][e] = pair_of(rest0, rest1);
            }
    float by_input[4], offset[4];
#pragma unroll
    for (int gate = 0; gate < 4; gate++) {
        by_input[gate] = weight_ih[model * 4 * H + gate * H + unit];
        offset[gate] = bias[model * 4 * H + gate * H + unit];
    }

    float c[2];
    int at[2], sample_at[2];
    bool is_row[2];
    half_bits *own_place = &exchange[0][lane.quad * Exchange<H>::PAIR + unit];
    inputs += model * input_stride_m;
#pragma unroll
    for (int j = 0; j < 2; j++) {
        const int row = blockIdx.y * 8 + 2 * lane.quad + j;
        is_row[j] = row < batch;
        const int there = is_row[j] ? row : 0;
        at[j] = there * H + unit;
        sample_at[j] = there * input_stride_b;
        const float h = is_row[j] ? first_h[model * state + at[j]] : 0.0f;
        c[j] = is_row[j] ? first_c[model * state + at[j]] : 0.0f;
        split_half(h, own_place[j * Exchange<H>::NEXT], own_place[j * Exchange<H>::NEXT + H]);
        if (is_row[j]) {
            hidden[model * (steps + 1) * state + at[j]] = h;
            if (KEEP) cells[model * (steps + 1) * state + at[j]] = c[j];
        }
    }
    const half_bits *read = &exchange[0][(lane.group >> 1) * Exchange<H>::PAIR + (lane.group & 1) * Exchange<H>::NEXT];
    read += lane.quad * 8;
    hidden += (model * (steps + 1) + 1) * state;
    if (KEEP) {
        cells += (model * (steps + 1) + 1) * state;
        gates += model * steps * 4 * state;
    }
    float x[2] = {inputs[sample_at[0]], inputs[sample_at[1]]};
    synchronise();

    for (int t = 0; t < steps; t++) {
        const int now = (t & 1) * Exchange<H>::SIZE, next = Exchange<H>::SIZE - now;
        float next_x[2];
#pragma unroll
        for (int j = 0; j < 2; j++) next_x[j] = inputs[sample_at[j] + (t + 1 < steps ? t + 1 : t)];
        float sum[2][4] = {}, small[2][4] = {};
#pragma unroll
        for (int chunk = 0; chunk < CHUNKS; chunk += 2) {
            const uint4 h = *(const uint4 *)(read + now + chunk * 16);
            const uint4 h_rest = *(const uint4 *)(read + now + H + chunk * 16);
#pragma unroll
            for (int two = 0; two < 2; two++) {
                add_product_f16(sum[two], high[two][chunk], h.x, h.y);
                add_product_f16(small[two], high[two][chunk], h_rest.x, h_rest.y);
                add_product_f16(small[two], rest[two][chunk], h.x, h.y);
                add_product_f16(sum[two], high[two][chunk + 1], h.z, h.w);
                add_product_f16(small[two], high[two][chunk + 1], h_rest.z, h_rest.w);
                add_product_f16(small[two], rest[two][chunk + 1], h.z, h.w);
            }
        }
#pragma unroll
        for (int j = 0; j < 2; j++) {
            float gate[4];
#pragma unroll
            for (int e = 0; e < 4; e++) {
                const int place = j + 2 * (e & 1);
                gate[e] = sum[e >> 1][place] + small[e >> 1][place] * (1.0f / REST_SCALE) + (x[j] * by_input[e] + offset[e]);
            }
            const float i = sigmoid(gate[0]), f = sigmoid(gate[1]);
            const float g = hyperbolic_tangent(gate[2]), o = sigmoid(gate[3]);
            c[j] = f * c[j] + i * g;
            const float h = o * hyperbolic_tangent(c[j]);
            half_bits *place = own_place + next + j * Exchange<H>::NEXT;
            split_half(h, place[0], place[H]);
            if (is_row[j]) {
                hidden[at[j]] = h;
                if (KEEP) {
                    cells[at[j]] = c[j];
                    float *own_gates = gates + 4 * at[j] - 3 * unit;
                    own_gates[0] = i;
                    own_gates[H] = f;
                    own_gates[2 * H] = g;
                    own_gates[3 * H] = o;
                }
            }
            x[j] = next_x[j];
        }
        hidden += state;
        if (KEEP) {
            cells += state;
            gates += 4 * state;
        }
        synchronise();
    }
#pragma unroll
    for (int j = 0; j < 2; j++)
        if (is_row[j]) last_c[model * state + at[j]] = c[j];
}

// ---------------------------------------------------------------------------------------------------------------------
// Backward: 8 sequences in a block of 4 H threads. A thread has two cells: a unit of two sequences. The gradients of the
// gates are exchanged through shared memory; a warp's product sums half of them for 16 units; the halves go back through
// shared memory to the cells. What the forward kernel kept is copied to shared memory two samples ahead.

constexpr int SUMS = 10;

template <int H>
__global__ void __launch_bounds__(4 * H, H == 64 ? 2 : 4) backward(
    const float *__restrict__ d_outputs,    // [M, B, T]
    const float *__restrict__ inputs,       // [M, B, T], by strides, its samples next to each other
    const float *__restrict__ d_last_h,     // [M, B, H]
    const float *__restrict__ d_last_c,     // [M, B, H]
    const float *__restrict__ weight_hh,    // [M, 4H, H]
    const float *__restrict__ head_weight,  // [M, H]
    const float *__restrict__ cells,        // [M, T + 1, B, H]
    const float *__restrict__ gates,        // [M, T, B, 4H]
    float *__restrict__ d_gates,            // [M, T, B, 4H], written: gradients before the nonlinearities
    float *__restrict__ d_first_h,          // [M, B, H], written
    float *__restrict__ d_first_c,          // [M, B, H], written
    float *__restrict__ sums,  // [M, tiles, 4, 10, H], written: sums over samples, by groups of sequences, of the gates'
                               // gradients, of these times the input, of the output's times the state, of the output's
    int batch, int steps, int input_stride_m, int input_stride_b) {
    constexpr int ROWS = 8, GROUPS = 4, CHUNKS = H / 8, HALVES = 2, STAGES = 3;
    constexpr int EXCHANGE_ROW = 8 * H + 32;  // in halves: what a warp reads at once does not meet in one bank
    constexpr int SUMS_ROW = H + 4;
    __shared__ __align__(16) half_bits exchange[ROWS][EXCHANGE_ROW];
    __shared__ float scale_back[HALVES][ROWS];
    __shared__ float d_states[HALVES][ROWS][SUMS_ROW];
    __shared__ __align__(16) float gates_of[STAGES][ROWS][4 * H];
    __shared__ __align__(16) float cells_of[STAGES][ROWS][H];
    const int thread = threadIdx.x, warp = thread >> 5;
    const Lane lane = lane_of(thread);
    const int tile = warp % (H / 16), half = warp / (H / 16);
    const int unit = thread % H, group = thread / H;
    const Place model = blockIdx.x;
    const int state = batch * H;

    // A chunk of 16 is the four gates of four units; a thread reads those of two chunks at once.
    unsigned high[CHUNKS][4], rest[CHUNKS][4];
    const float *own = weight_hh + model * 4 * H * H;
#pragma unroll
    for (int chunk = 0; chunk < CHUNKS; chunk++)
#pragma unroll
        for (int e = 0; e < 4; e++) {
            const int to = (half * CHUNKS + chunk / 2 * 2) * 4 + lane.quad * 2 + chunk % 2;
            const int gate = (e >> 1) * 2, from = tile * 16 + lane.group + (e & 1) * 8;
            half_bits high0, high1, rest0, rest1;
            split_half(own[(gate * H + to) * H + from], high0, rest0);
            split_half(own[((gate + 1) * H + to) * H + from], high1, rest1);
            high[chunk][e] = pair_of(high0, high1);
            rest[chunk][e] = pair_of(rest0, rest1);
        }
    const float by_output = head_weight[model * H + unit];

    cells += model * (steps + 1) * state + (Place)blockIdx.y * ROWS * H;
    gates += (model * steps * batch + blockIdx.y * ROWS) * 4 * H;
    d_gates += (model * steps + steps - 1) * 4 * state;
    d_outputs += model * batch * steps;
    inputs += model * input_stride_m;
    const int rows_there = batch - blockIdx.y * ROWS;
    auto copy = [&](int t, int stage) {  // gates, and cells before them; zeros beyond the batch and before the beginning
#pragma unroll
        for (int n = 0; n < 2; n++) {
            const int row = thread / H + n * GROUPS, column = thread % H * 4;
            const bool is_there = t >= 0 && row < rows_there;
            copy_soon(&gates_of[stage][row][column], gates + (is_there ? (Place)t * 4 * state + row * 4 * H + column : 0), is_there);
        }
        if (thread < 2 * H) {
            const int row = thread / (H / 4), column = thread % (H / 4) * 4;
            const bool is_there = t >= 0 && row < rows_there;
            copy_soon(&cells_of[stage][row][column], cells + (is_there ? (Place)t * state + row * H + column : 0), is_there);
        }
        close_copies();
    };
    copy(steps - 1, 0);
    copy(steps - 2, 1);
    float dc[2], c[2], dy[2], x[2];
    int at[2], d_sample_at[2], sample_at[2];
    bool is_row[2];
#pragma unroll
    for (int j = 0; j < 2; j++) {
        const int row = group + j * GROUPS;
        is_row[j] = row < rows_there;
        // Rows beyond the batch compute with zeros and write nothing.
        const int there = is_row[j] ? blockIdx.y * ROWS + row : 0;
        at[j] = there * H + unit;
        d_sample_at[j] = there * steps;
        sample_at[j] = there * input_stride_b;
        dc[j] = is_row[j] ? d_last_c[model * state + at[j]] : 0.0f;
        d_states[0][row][unit] = is_row[j] ? d_last_h[model * state + at[j]] : 0.0f;
        d_states[1][row][unit] = 0.0f;
        c[j] = is_row[j] ? cells[(Place)steps * state + row * H + unit] : 0.0f;
        dy[j] = is_row[j] ? d_outputs[d_sample_at[j] + steps - 1] : 0.0f;
        x[j] = inputs[sample_at[j] + steps - 1];
    }
    float sum_of_gates[4] = {}, sum_by_input[4] = {}, sum_by_state = 0.0f, sum_of_outputs = 0.0f;
    wait_for_copies();
    synchronise();

    for (int t = steps - 1, stage = 0; t >= 0; t--, stage = stage == STAGES - 1 ? 0 : stage + 1) {
        copy(t - 2, stage == 0 ? STAGES - 1 : stage - 1);
        float next_dy[2], next_x[2];
#pragma unroll
        for (int j = 0; j < 2; j++) {
            const int next = t > 0 ? t - 1 : 0;
            next_dy[j] = is_row[j] ? d_outputs[d_sample_at[j] + next] : 0.0f;
            next_x[j] = inputs[sample_at[j] + next];
        }
#pragma unroll
        for (int j = 0; j < 2; j++) {
            const int row = group + j * GROUPS;
            const float *own_gates = &gates_of[stage][row][unit];
            const float i = own_gates[0], f = own_gates[H], g = own_gates[2 * H], o = own_gates[3 * H];
            const float before = cells_of[stage][row][unit];
            const float dh = dy[j] * by_output + d_states[0][row][unit] + d_states[1][row][unit];
            const float squashed = hyperbolic_tangent(c[j]);
            dc[j] += dh * o * (1.0f - squashed * squashed);
            const float d[4] = {dc[j] * g * i * (1.0f - i), dc[j] * before * f * (1.0f - f),
                                dc[j] * i * (1.0f - g * g), dh * squashed * o * (1.0f - o)};
            dc[j] *= f;
            // The largest of 32 units' gradients is scaled to about 2^14.
            float largest = fmaxf(fmaxf(fabsf(d[0]), fabsf(d[1])), fmaxf(fabsf(d[2]), fabsf(d[3])));
            unsigned exponent = largest_of_warp(__float_as_uint(largest)) >> 23;
            exponent = exponent < 15 ? 15 : exponent > 254 ? 254 : exponent;
            const float scale = __uint_as_float((268 - exponent) << 23);
            if ((thread & 31) == 0) scale_back[unit / 32][row] = __uint_as_float((exponent - 14) << 23);
            half_bits *place = &exchange[row][unit * 4];
            half_bits high_of[4], rest_of[4];
#pragma unroll
            for (int e = 0; e < 4; e++) split_half(d[e] * scale, high_of[e], rest_of[e]);
            *(uint2 *)place = make_uint2(pair_of(high_of[0], high_of[1]), pair_of(high_of[2], high_of[3]));
            *(uint2 *)(place + 4 * H) = make_uint2(pair_of(rest_of[0], rest_of[1]), pair_of(rest_of[2], rest_of[3]));
#pragma unroll
            for (int e = 0; e < 4; e++) {
                if (is_row[j]) d_gates[4 * at[j] - 3 * unit + e * H] = d[e];
                sum_of_gates[e] += d[e];
                sum_by_input[e] += d[e] * x[j];
            }
            sum_by_state += dy[j] * (o * squashed);
            sum_of_outputs += dy[j];
            c[j] = before;
            dy[j] = next_dy[j];
            x[j] = next_x[j];
        }
        d_gates -= 4 * state;
        synchronise();
        float sum[4] = {}, small[2][4] = {};
#pragma unroll
        for (int chunk = 0; chunk < CHUNKS; chunk += 2) {
            const half_bits *place = &exchange[lane.group][(half * CHUNKS + chunk) * 16 + lane.quad * 8];
            const uint4 d = *(const uint4 *)place, d_rest = *(const uint4 *)(place + 4 * H);
            add_product_f16(small[0], rest[chunk], d.x, d.y);
            add_product_f16(small[1], high[chunk], d_rest.x, d_rest.y);
            add_product_f16(sum, high[chunk], d.x, d.y);
            add_product_f16(small[0], rest[chunk + 1], d.z, d.w);
            add_product_f16(small[1], high[chunk + 1], d_rest.z, d_rest.w);
            add_product_f16(sum, high[chunk + 1], d.z, d.w);
        }
#pragma unroll
        for (int e = 0; e < 4; e++) {
            const int row = 2 * lane.quad + (e & 1), from = tile * 16 + lane.group + (e >> 1) * 8;
            const float scaled = sum[e] + (small[0][e] + small[1][e]) * (1.0f / REST_SCALE);
            d_states[half][row][from] = scaled * scale_back[H == 64 ? half : 0][row];
        }
        wait_for_copies();
        synchronise();
    }
#pragma unroll
    for (int j = 0; j < 2; j++) {
        if (!is_row[j]) continue;
        const int row = group + j * GROUPS;
        d_first_h[model * state + at[j]] = d_states[0][row][unit] + d_states[1][row][unit];
        d_first_c[model * state + at[j]] = dc[j];
    }
    sums += ((model * gridDim.y + blockIdx.y) * GROUPS + group) * SUMS * H + unit;
#pragma unroll
    for (int e = 0; e < 4; e++) {
        sums[e * H] = sum_of_gates[e];
        sums[(4 + e) * H] = sum_by_input[e];
    }
    sums[8 * H] = sum_by_state;
    sums[9 * H] = sum_of_outputs;
}

// ---------------------------------------------------------------------------------------------------------------------
// The gradient of the recurrent weights: each gate's gradient times each unit's state before it, summed over all samples
// of all sequences. A block of 4 H threads sums one part of them, 16 at a time; the next 16 are copied meanwhile. A warp
// has 32 gates and all units.

template <int H>
__global__ void __launch_bounds__(4 * H, H == 64 ? 2 : 4) recurrent_gradient(
    const float *__restrict__ d_gates,  // [M, T, B, 4H]
    const float *__restrict__ hidden,   // [M, T + 1, B, H]
    float *__restrict__ sums,           // [M, parts, 4H, H], written
    int batch, int steps, int rows_of_part) {
    constexpr int ROWS = 16, GATES_ROW = 4 * H + 8, STATES_ROW = H + 8, THREADS = 4 * H;
    __shared__ __align__(16) float gates_of[2][ROWS][GATES_ROW];
    __shared__ __align__(16) float states_of[2][ROWS][STATES_ROW];
    const int thread = threadIdx.x, warp = thread >> 5;
    const Lane lane = lane_of(thread);
    const Place model = blockIdx.x, rows = (Place)batch * steps;
    const Place first = (Place)blockIdx.y * rows_of_part;
    const Place last = first + rows_of_part < rows ? first + rows_of_part : rows;
    d_gates += model * rows * 4 * H;
    hidden += model * (rows + batch) * H;

    auto copy = [&](Place start, int stage) {
#pragma unroll
        for (int n = 0; n < ROWS * H / THREADS; n++) {
            const int place = thread + n * THREADS, row = place / H, column = place % H * 4;
            const bool is_there = start + row < last;
            copy_soon(&gates_of[stage][row][column], d_gates + (is_there ? (start + row) * 4 * H + column : 0), is_there);
        }
        const int row = thread / (H / 4), column = thread % (H / 4) * 4;
        const bool is_there = start + row < last;
        copy_soon(&states_of[stage][row][column], hidden + (is_there ? (start + row) * H + column : 0), is_there);
    };

    float sum[2][H / 8][4] = {};
    copy(first, 0);
    close_copies();
    int stage = 0;
    for (Place start = first; start < last; start += ROWS) {
        if (start + ROWS < last) copy(start + ROWS, stage ^ 1);
        close_copies();
        wait_for_copies();
        synchronise();
        unsigned high[2][2][4], rest[2][2][4];
#pragma unroll
        for (int chunk = 0; chunk < 2; chunk++)
#pragma unroll
            for (int two = 0; two < 2; two++)
#pragma unroll
                for (int e = 0; e < 4; e++) {
                    const int row = chunk * 8 + lane.quad + (e >> 1) * 4;
                    const float d = gates_of[stage][row][warp * 32 + two * 16 + lane.group + (e & 1) * 8];
                    high[chunk][two][e] = tf32_high(d);
                    rest[chunk][two][e] = tf32_rest(d, high[chunk][two][e]);
                }
#pragma unroll
        for (int n = 0; n < H / 8; n++) {
            // Tensor cores cut off what they add to a sum. Only 16 products are added by them, the rest rounds.
            float part[2][4] = {};
#pragma unroll
            for (int chunk = 0; chunk < 2; chunk++) {
                const float h0 = states_of[stage][chunk * 8 + lane.quad][n * 8 + lane.group];
                const float h1 = states_of[stage][chunk * 8 + lane.quad + 4][n * 8 + lane.group];
                const unsigned high0 = tf32_high(h0), high1 = tf32_high(h1);
                const unsigned rest0 = tf32_rest(h0, high0), rest1 = tf32_rest(h1, high1);
#pragma unroll
                for (int two = 0; two < 2; two++) {
                    add_product_tf32(part[two], rest[chunk][two], high0, high1);
                    add_product_tf32(part[two], high[chunk][two], rest0, rest1);
                    add_product_tf32(part[two], high[chunk][two], high0, high1);
                }
            }
#pragma unroll
            for (int two = 0; two < 2; two++)
#pragma unroll
                for (int e = 0; e < 4; e++) sum[two][n][e] += part[two][e];
        }
        synchronise();
        stage ^= 1;
    }
    sums += (model * gridDim.y + blockIdx.y) * 4 * H * H;
#pragma unroll
    for (int two = 0; two < 2; two++)
#pragma unroll
        for (int n = 0; n < H / 8; n++)
#pragma unroll
            for (int e = 0; e < 4; e++) {
                const int gate = warp * 32 + two * 16 + lane.group + (e >> 1) * 8, unit = n * 8 + 2 * lane.quad + (e & 1);
                sums[gate * H + unit] = sum[two][n][e];
            }
}
