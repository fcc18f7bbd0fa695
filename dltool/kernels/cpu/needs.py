"""What cpu kernels need besides memory, by name: whole columns of a matrix, tile functions."""

from __future__ import annotations

from collections.abc import Mapping

#: kernels that work on whole blocks of columns of a matrix
WHOLE_COLUMNS = frozenset(
    (
        "embed_gradient",
        "embedding_gradient",
        "table_products_table_gradient",
        "square_sum",
        "winograd_turned_weights",
        "winograd_weights",
    )
)
#: the tile functions that a kernel calls, by name
TILES: Mapping[str, tuple[str, ...]] = {
    "attention": ("pixel_tiles",),
    "attention_gradient": ("pixel_tiles", "weight_tiles"),
    "batched_matmul": ("pixel_tiles", "weight_tiles"),
    "bfloat16_conv": ("bfloat16_row_tiles",),
    "bfloat16_conv_data_gradient": ("bfloat16_row_tiles",),
    "bfloat16_conv_weight_gradient": ("bfloat16_column_tiles",),
    "bfloat16_gru": ("bfloat16_row_tiles",),
    "bfloat16_gru_gradient": ("bfloat16_row_tiles",),
    "bfloat16_lstm": ("bfloat16_row_tiles",),
    "bfloat16_lstm_gradient": ("bfloat16_row_tiles",),
    "bfloat16_matmul": ("bfloat16_row_tiles",),
    "bfloat16_simple_rnn": ("bfloat16_row_tiles",),
    "bfloat16_simple_rnn_gradient": ("bfloat16_row_tiles",),
    "bfloat16_weight_gradient": ("bfloat16_column_tiles",),
    "conv": ("pixel_tiles",),
    "conv_data_gradient": ("pixel_tiles",),
    "conv_weight_gradient": ("weight_tiles",),
    "depthwise": ("lane_tiles",),
    "depthwise_data_gradient": ("lane_tiles",),
    "depthwise_weight_gradient": ("place_tiles",),
    "gru": ("pixel_tiles",),
    "gru_gradient": ("pixel_tiles",),
    "lstm": ("pixel_tiles",),
    "lstm_gradient": ("pixel_tiles",),
    "matmul": ("pixel_tiles",),
    "matmul_data_gradient": ("pixel_tiles",),
    "matmul_weight_gradient": ("weight_tiles",),
    "simple_rnn": ("pixel_tiles",),
    "simple_rnn_gradient": ("pixel_tiles",),
    "sum_table_products": ("pixel_tiles",),
    "sum_table_products_gradient": ("weight_tiles",),
    "table_products": ("pixel_tiles",),
    "table_products_table_gradient": ("pixel_tiles",),
    "table_products_weight_gradient": ("weight_tiles",),
    "winograd": ("pixel_tiles",),
    "winograd_weight_gradient": ("weight_tiles",),
}
#: what takes their place where the processor has AMX
ON_AMX: Mapping[str, str] = {"bfloat16_row_tiles": "amx_row_tiles", "bfloat16_column_tiles": "amx_column_tiles"}
