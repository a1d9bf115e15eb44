// parquet/row_group.h: rows, as columns in memory, to the encoded column chunks of one row group.
//
// Values are encoded as they come: what is held is pages, mostly compressed, never the rows. A column begins with a dictionary and
// leaves it for plain values where too few repeat; a column whose first page does not get smaller is left uncompressed.
// Specification: parquet-format's README ("Column chunks"), Encodings.md (PLAIN, RLE, RLE_DICTIONARY), data pages of version 1.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.h"
#include "base/slots.h"
#include "parquet/schema.h"

namespace tarn::parquet {

// How many rows callers should give to a row group: what one thread of DuckDB's scans at a time.
inline constexpr int64_t kRowGroupRows = 122880;

// One column of a batch, borrowed for a call: row i is slot selection[i], or slot i where there is no selection.
struct Array {
    const void *values = nullptr;        // As base/slots.h says. Nothing for structs.
    const uint64_t *validity = nullptr;  // Bit i%64 of word i/64: slot i is not NULL. Without it none is.
    const uint32_t *selection = nullptr;
    // kStruct: the members, whose row i belongs to the struct's slot i. kArray: the element, of which lists name the rows.
    // kMap: key and value, the same way.
    std::vector<Array> children;
};

struct Codec {
    int32_t number = 0;  // Parquet's CompressionCodec; 0 is none, and has no functions.
    size_t (*bound)(size_t size) = nullptr;
    // Returns the number of bytes written, at most bound(size).
    size_t (*compress)(const uint8_t *from, size_t size, uint8_t *to) = nullptr;
};

// A bound of a column: booleans and whole numbers (of days, microseconds) as int64_t, decimals unscaled.
using Scalar = std::variant<int64_t, double, Int128, std::string>;

// What is known of the values of one leaf, of a row group or a file.
struct Range {
    bool set = false;      // Some value that is neither NULL nor NaN.
    Scalar min, max;
    bool has_nan = false;
    int64_t nulls = 0;     // Rows without a value, for leaves that are not in lists or maps.

    void Add(const Range &other);
};

// Where one leaf's bytes are, and what a footer says of them.
struct Chunk {
    std::span<const uint8_t> dictionary;  // Its page with its header; empty: there is none.
    std::span<const uint8_t> pages;
    int64_t uncompressed = 0;             // Bytes of both before compression, headers included.
    int64_t values = 0;                   // Slots, NULLs included.
    int32_t codec = 0;
    int32_t plain_pages = 0;
    int32_t dictionary_pages = 0;         // Pages of positions in the dictionary.
    Range range;

    size_t bytes() const { return dictionary.size() + pages.size(); }
};

class LeafWriter;
struct Scratch;

// Threads: one at a time. Memory: the row group's encoded bytes, and for each leaf a page (256 KB) and a dictionary.
class RowGroupWriter {
public:
    RowGroupWriter(SchemaPtr schema, const Codec &codec);
    ~RowGroupWriter();
    RowGroupWriter(const RowGroupWriter &) = delete;
    RowGroupWriter &operator=(const RowGroupWriter &) = delete;

    // `columns` are those of the schema. Cost: linear.
    // Errors: [PARQUET_VALUE_TOO_LARGE] for a row whose values in one leaf exceed 1 GiB; nothing can be made of the writer then.
    Result<void> Append(std::span<const Array> columns, size_t rows);

    int64_t rows() const { return rows_; }
    size_t bytes() const;  // About what Finish would give.

    // The chunks of all leaves; they live until Reset or the next Append.
    std::vector<Chunk> Finish();
    // Begins the next row group, with the memory of the one before.
    void Reset();

private:
    SchemaPtr schema_;
    std::unique_ptr<Scratch> scratch_;
    std::vector<std::unique_ptr<LeafWriter>> leaves_;
    int64_t rows_ = 0;
};

}  // namespace tarn::parquet
