// engine/internal/file_metadata.h: the column `_metadata`, as far as it speaks of files. One shape for every scan.
#pragma once

#include <string>

#include "engine/internal/duckdb_headers.h"

namespace tarn::engine {

inline duckdb::LogicalType FileMetadataType() {
    using duckdb::LogicalType;
    return LogicalType::STRUCT({{"file_path", LogicalType::VARCHAR},
                                {"file_name", LogicalType::VARCHAR},
                                {"file_size", LogicalType::BIGINT},
                                {"file_block_start", LogicalType::BIGINT},
                                {"file_block_length", LogicalType::BIGINT},
                                {"file_modification_time", LogicalType::TIMESTAMP_TZ}});
}

// `size` is a BIGINT in bytes, `modified` a TIMESTAMP_TZ; either may be NULL. A file is read as one block.
inline duckdb::Value FileMetadataValue(const std::string &path, const duckdb::Value &size, const duckdb::Value &modified) {
    using duckdb::Value;
    return Value::STRUCT(FileMetadataType(), {Value(path), Value(path.substr(path.rfind('/') + 1)), size, Value::BIGINT(0), size, modified});
}

}  // namespace tarn::engine
