// engine/internal/parquet_codecs.h: the compressors that DuckDB's library brings along, for the writer of Parquet.
//
// Threads: any.
#pragma once

#include <optional>
#include <string>

#include "parquet/row_group.h"

namespace tarn::engine {

// By the names of delta::ParquetCodec. nullopt: no such codec.
std::optional<parquet::Codec> ParquetCodecOf(const std::string &name);

}  // namespace tarn::engine
