// engine/internal/csv_columns.h: CSV columns by the types that a stream's earlier files gave them.
//
// DuckDB reads a text into a column of another type as far as it can: 1.5 becomes 2 in a BIGINT. Here a text is its column's value when
// it says no more and no less than the value does; else the value is NULL and the text is rescued.
#pragma once

#include <string>

#include "base/data_type.h"
#include "base/error.h"
#include "engine/internal/scan_sources.h"

namespace tarn::engine {

// The columns of `call`, a DuckDB table function. Cost: as binding it (of read_csv with sample_size = -1, a pass over the files).
Result<DataType> DescribeCall(ScanSources::Lease &lease, const std::string &call);

// `text`, a DuckDB expression, as a value of `type`; NULL where it is none. Dates and times are in ISO 8601's form.
std::string ExactCast(const std::string &text, const DataType &type);

// The rescued data of a row: the texts of columns that became NULL.
class RescuedTexts {
public:
    // The column `name` is `value` where its text is `text`, both DuckDB expressions.
    void Add(const std::string &name, const std::string &text, const std::string &value);
    // An expression: JSON as that of JSON files, or NULL. `file` is the expression of the file's path.
    std::string Render(const std::string &file) const;

private:
    std::string parts_, any_;
};

}  // namespace tarn::engine
