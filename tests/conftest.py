import torch
from hypothesis import settings

# One thread, so that no result depends on how many cores there are; no time limit on an example, for the same reason.
torch.set_num_threads(1)
settings.register_profile("rnn_audio", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("rnn_audio")
