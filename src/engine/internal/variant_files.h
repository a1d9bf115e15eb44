// engine/internal/variant_files.h: VARIANT columns in Parquet files.
//
// Most writers store a VARIANT as a group of two or three binary columns and leave the group without the annotation that
// tells it from a struct: only the table's schema knows. So a file's footer gets the annotation where the schema says
// VARIANT, and DuckDB's reader then decodes the group, shredded or not, wherever it stands in arrays, maps and structs.
#pragma once

#include "base/data_type.h"
#include "delta/schema.h"
#include "engine/internal/duckdb_headers.h"

namespace duckdb {
class BaseFileReader;
}

namespace tarn::engine {

bool HoldsVariant(const DataType &type);

// A reader of the same file that sees the variants of `schema`, whose fields are found by physical name or, `by_id`, by
// field id; `reader` itself when the footer names them all already. REQUIRES: a Parquet reader.
// Errors: throws as DuckDB's reader does. Cost: opens the file again, without reading its footer again.
duckdb::shared_ptr<duckdb::BaseFileReader> WithVariants(duckdb::ClientContext &context, const duckdb::OpenFileInfo &file,
                                                        duckdb::shared_ptr<duckdb::BaseFileReader> reader,
                                                        const DataType &schema, bool by_id);

}  // namespace tarn::engine
