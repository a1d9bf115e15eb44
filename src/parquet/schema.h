// parquet/schema.h: the columns of a Parquet file.
//
// Specification: parquet-format's README ("Nested Encoding") and LogicalTypes.md. Lists and maps have the three levels of the
// specification, called as Spark calls them.
// Ownership: a Schema owns its columns; its leaves point into them, so it is shared and never copied.
// Threads: any; it never changes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/data_type.h"

namespace tarn::parquet {

struct Column {
    std::string name;
    TypeKind kind = TypeKind::kNull;  // What DataType can say and Delta can store, but kVariant (a struct of two binaries) and kNull.
    uint8_t precision = 0;            // kDecimal only.
    uint8_t scale = 0;
    bool required = false;            // Never NULL. A map's keys are.
    std::optional<int32_t> id;        // Parquet's field_id.
    std::vector<Column> children;     // kStruct: the members. kArray: the element. kMap: key and value. Their names in lists and maps are ours.
};

// The types that hold values in files. Parquet's numbers.
enum class Physical : int32_t { kBoolean = 0, kInt32 = 1, kInt64 = 2, kFloat = 4, kDouble = 5, kByteArray = 6, kFixedLenByteArray = 7 };
Physical PhysicalOf(const Column &leaf);
// Bytes of a decimal that does not fit 64 bits.
inline constexpr int kWideDecimalBytes = 16;

// A column without children: what has values, encodings and statistics of its own.
struct Leaf {
    const Column *column = nullptr;
    std::vector<std::string> path;   // In the file, with the groups of lists and maps.
    uint8_t max_definition = 0;      // The level of a value that is there.
    uint8_t max_repetition = 0;      // 0: one slot for each row.
};

class Schema {
public:
    // At most 63 levels deep, as Definition levels are bytes here: false for more.
    static bool Fits(const std::vector<Column> &columns);
    explicit Schema(std::vector<Column> columns);
    Schema(const Schema &) = delete;
    Schema &operator=(const Schema &) = delete;

    const std::vector<Column> &columns() const { return columns_; }
    const std::vector<Leaf> &leaves() const { return leaves_; }  // In the file's order: depth first.

private:
    void AddLeaves(const Column &column, std::vector<std::string> path, uint8_t definition, uint8_t repetition);

    std::vector<Column> columns_;
    std::vector<Leaf> leaves_;
};
using SchemaPtr = std::shared_ptr<const Schema>;

}  // namespace tarn::parquet
