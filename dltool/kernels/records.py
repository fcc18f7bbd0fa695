"""How the runner and the cpu kernels speak: integer records, laid out the same on both sides.

A cpu kernel is called as `kernel(arguments, step, low, high)`. `arguments` holds four integers for each operand
(inputs, then outputs), then the op's attributes, then, for products, the epilogue. `step` is the record of the running
step. `low` and `high` bound the share of the work: samples (rows), blocks of 16 channels (channels), or vectors of 16
numbers of one parameter (parameter). Numba is not imported here: planning needs this module too.
"""

from __future__ import annotations

LANES = 16  # channels of a block

# The integer before the record is the number of operands. One operand: where it is and how it is laid out.
OPERAND = 4
ADDRESS = 0
ROWS = 1  # stored rows of a block, the distance between blocks in vectors · vectors: 1
CHANNELS = 2  # logical size of the last axis
EXTRA = 3  # activations: rows of one sample · parameters: 1 where the buffer holds only the chunk at hand

# After the operands come the attributes, then an epilogue, then the address of the thread's workspace, where an op has
# such. The geometry of a convolution begins its attributes (`dltool.ops.geometry` says what it means).
HEIGHT, WIDTH, OUT_HEIGHT, OUT_WIDTH, KERNEL_HEIGHT, KERNEL_WIDTH = range(6)
STRIDE_HEIGHT, STRIDE_WIDTH, DILATION_HEIGHT, DILATION_WIDTH, TOP, LEFT = range(6, 12)
GEOMETRY_FIELDS = 12
PHASE_FIELDS = 6  # what a depthwise convolution keeps of each phase of an axis
STRIDES = 5  # and how far apart the things are that it multiplies
TAP_FIELDS = 3  # a tap: where it begins in the one and the other operand, in floats, and how many terms it has

# The epilogue of a product: bias, floor (bits of a float64), then for each of two span functions its address, or 0, its
# second operand, its output, its two numbers (bits of float64). The weight gradient, which has none, reads zeros in the
# place of the bias.
SPAN_FIELDS = 5
EPILOGUE_FIELDS = 2 + 2 * SPAN_FIELDS

# One step of the plan.
STEP_FIELDS = 9
STEP = 0  # optimizer steps done before this one
EPOCH = 1  # epochs completed before this one
POSITION = 2  # first sample of the batch, in the order of the epoch
BATCH = 3  # samples in the batch
SCALE = 4  # bits of a float64: 1 / the weight of all samples of the update, their number if all weigh 1
SCALARS = 5  # address of the optimizer's float32 scalars for this step
FLAGS = 6
SLOT = 7  # where the step's loss goes
COLLECTED = 8  # first row of the step's outputs in the collecting buffer

FIRST = 1  # flag: first micro-batch of an update
UPDATE = 2  # flag: last micro-batch of an update
COLLECT = 4  # flag: outputs are wanted

# The table of a program, as addresses and counts.
TABLE_FIELDS = 12
TABLE_OPS = 0  # OP_FIELDS for each op
TABLE_OPS_COUNT = 1
TABLE_ARGUMENTS = 2  # the records of all ops, once for each thread
TABLE_ARGUMENTS_SIZE = 3  # integers of one thread
TABLE_STAGES = 4  # STAGE_FIELDS for each stage
TABLE_STAGES_COUNT = 5
TABLE_ITEMS = 6  # ITEM_FIELDS for each item
TABLE_CUTS = 7  # for each stage, the first item of each thread and the end of the last
TABLE_MEETING = 8  # how many threads have come, and, a cache line on, how often all have
TABLE_THREADS = 9
TABLE_STEPS = 10  # STEP_FIELDS for each step
TABLE_TICKS = 11  # 0, or where each thread adds up cycles for each op and, after those, for each meeting

OP_FIELDS = 3  # address of the kernel, place of its record, flags that a step must have
STAGE_FIELDS = 3  # first row-wise op, end, samples that go through these together
ITEM_FIELDS = 4  # first op, end, low, high
LINE = 8  # integers of a cache line
INTEGER_BYTES = 8

# Filling a window of an epoch from a file of records. The window's samples are cut into runs of RUN; the file into
# blocks of a power of two of rows, at most 2^BLOCK_BITS. A key stands for one sample: its row within the block, above
# RUN_BITS, and its number within the run, below. Behind the keys there are as many more as `spread` looks ahead.
RUN_BITS = 17
RUN = 1 << RUN_BITS
BLOCK_BITS = 15
AHEAD = 8

# The arguments of `sort_rows`.
SORT_FIELDS = 5
SORT_ROWS = 0  # address of int64, the rows that a run takes
SORT_KEYS = 1  # address of uint32, one for each row
SORT_ENDS = 2  # address of uint32, one for each block: where its keys end
SORT_BLOCKS = 3
SORT_BITS = 4  # a block has 2^bits rows

# The arguments of `spread`; then PIECE_FIELDS for each of PIECES pieces of a record.
SPREAD_FIELDS = 6
SPREAD_KEYS = 0  # of all runs
SPREAD_ENDS = 1  # likewise
SPREAD_BLOCKS = 2
SPREAD_BLOCK = 3  # number of the block
SPREAD_SOURCE = 4  # address of its records
SPREAD_SIZE = 5  # bytes of a record
PIECES = 3
PIECE_FIELDS = 3
PIECE_START = 0  # byte of the record
PIECE_BYTES = 1
PIECE_TARGET = 2  # address of the window's array
