// engine/internal/parquet_copy.h: COPY … TO … (FORMAT tarn_parquet): DuckDB's rows through our encoder (parquet/row_group.h).
//
// Options: COMPRESSION name (delta::ParquetCodec), FIELD_IDS [ids], one for each column and each part of a nested one, depth first,
// 0 for none. DuckDB's own options for files (FILE_SIZE_BYTES, PARTITION_BY, RETURN_STATS, …) are those of COPY.
// Statistics of a file: column "a"."b" -> min, max, null_count, has_nan, as texts; of columns outside lists and maps.
// Threads: as DuckDB calls. Memory: not DuckDB's; kParquetWriteBytes for each thread, over all the files that a COPY has open.
#pragma once

#include "engine/internal/duckdb_headers.h"

namespace tarn::engine {

// What a thread's row group holds at most, a batch of rows aside.
inline constexpr size_t kParquetWriteBytes = size_t{24} << 20;

void RegisterParquetCopy(duckdb::DatabaseInstance &db);

}  // namespace tarn::engine
