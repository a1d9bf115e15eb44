// engine/result_set.h: the rows of one statement, batch by batch.
//
// Nothing of DuckDB shows here: columns carry Spark types, cells are printed on request.
// Ownership: a ResultSet keeps the snapshots it reads pinned until it is destroyed; it must not outlive its Session.
// Threads: one at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/data_type.h"
#include "base/text.h"

namespace tarn::engine {

struct Column {
    std::string name;
    DataType type;
};

enum class CellStyle : uint8_t {
    kSpark,  // As the spark-sql shell prints: NULL, ["a",null], {"k":1}, 2024-01-02 03:04:05.678, 1.0E10.
    kJson,   // As JSON: null, strings quoted, timestamps ISO 8601 with Z, binary in base64, NaN as text.
};

class ResultSet {
public:
    virtual ~ResultSet() = default;

    virtual const std::vector<Column> &columns() const = 0;

    // Fetches the next batch; false when there are no more rows. Rows are computed as they are fetched.
    virtual Result<bool> Next() = 0;
    virtual size_t batch_rows() const = 0;

    // Appends the cell of the current batch to `out`. REQUIRES: row < batch_rows(), column < columns().size().
    virtual void AppendCell(size_t row, size_t column, CellStyle style, std::string &out) const = 0;
    virtual bool IsNull(size_t row, size_t column) const = 0;
};

// A double as Java prints it: "1.0", "1.0E10", "NaN", "Infinity".
std::string JavaDouble(double value);
std::string JavaFloat(float value);

}  // namespace tarn::engine
