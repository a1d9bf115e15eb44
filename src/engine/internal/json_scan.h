// engine/internal/json_scan.h: the table function tarn_read_json(handle): JSON files as rows.
//
// extjson parses; its batches have DuckDB's own layout, so a column is handed over as a pointer.
// Columns: the schema's, then one of rescued data if asked for. `_metadata` (file_path, file_name, file_size,
// file_block_start, file_block_length, file_modification_time) is hidden: it comes only when it is named.
#pragma once

#include <string>
#include <vector>

#include "engine/internal/duckdb_headers.h"
#include "engine/internal/scan_sources.h"
#include "extjson/extjson.h"

namespace tarn::engine {

struct JsonFile {
    std::string path;
    int64_t size = 0;         // Bytes.
    int64_t modified_us = 0;  // Microseconds since 1970 UTC.
};

struct JsonScan {
    std::vector<JsonFile> files;
    DataType schema;       // kStruct; may be empty when there is nothing to read.
    std::string rescued_column;  // Empty: none.
    extjson::ReadOptions options;
};

inline constexpr const char *kMetadataColumn = "_metadata";

// `sources` is borrowed and must outlive the database.
void RegisterJsonScan(duckdb::DatabaseInstance &db, ScanSources &sources);

}  // namespace tarn::engine
