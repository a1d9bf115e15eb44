// engine/internal/widened_filters.h: filters on columns that a file holds in another type than the table.
//
// DuckDB pushes `d > 1.5` into a file whose `d` is still an INT as `d > 2`: it casts the constant to the file's type.
// Among integers that is exact or fails; for every other widening it changes the answer. Such filters are turned into
// expressions, which DuckDB evaluates on the converted values.
#pragma once

#include "engine/internal/duckdb_headers.h"

namespace duckdb {
class BaseFileReader;
struct ColumnIndex;
struct MultiFileColumnDefinition;
}

namespace tarn::engine {

// The filters to push into `reader`'s file in place of `filters`; nullptr when they can stay as they are.
duckdb::unique_ptr<duckdb::TableFilterSet> FiltersForFile(
    const duckdb::TableFilterSet &filters, const duckdb::vector<duckdb::MultiFileColumnDefinition> &table_columns,
    const duckdb::vector<duckdb::ColumnIndex> &column_ids, const duckdb::vector<duckdb::MultiFileColumnDefinition> &file_columns,
    bool by_id);

}  // namespace tarn::engine
