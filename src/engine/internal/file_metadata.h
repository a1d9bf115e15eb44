// engine/internal/file_metadata.h: the column `_metadata`, as far as it speaks of files. One shape for every scan.
#pragma once

#include <string>
#include <string_view>

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

// The URI that Spark shows for a canonical path: file:/… for a local one, and in bytes of ASCII only what a URI may hold.
inline std::string FileUri(const std::string &path) {
    std::string uri = path.starts_with('/') ? "file:" : "";
    for (char c : path) {
        bool encoded = (c >= 0 && c <= ' ') || c == 0x7f || std::string_view("\"#%<>?[\\]^`{|}").find(c) != std::string_view::npos;
        constexpr char kHex[] = "0123456789ABCDEF";
        if (encoded) (uri += '%', uri += kHex[c >> 4], uri += kHex[c & 15]);
        else uri += c;
    }
    return uri;
}

// `path` is canonical. `size` is a BIGINT in bytes, `modified` a TIMESTAMP_TZ; either may be NULL. A file is read as one block.
inline duckdb::Value FileMetadataValue(const std::string &path, const duckdb::Value &size, const duckdb::Value &modified) {
    using duckdb::Value;
    std::string uri = FileUri(path);
    return Value::STRUCT(FileMetadataType(), {Value(uri), Value(uri.substr(uri.rfind('/') + 1)), size, Value::BIGINT(0), size, modified});
}

}  // namespace tarn::engine
