// extjson/column_batch.h: rows as typed columns, in memory that a vectorized engine can point at.
//
// Every array has the layout that DuckDB's flat vectors use (and Arrow's views, for strings), so that
// an engine references the arrays instead of copying them, as long as it keeps the batch alive.
// Ownership: a batch owns its arrays and shares the text buffer that its string slots point into;
// both live until the last shared_ptr to the batch goes.
// Threads: a batch handed out is never changed again; read it from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/data_type.h"
#include "base/slots.h"

namespace tarn::extjson {

// One column of a batch, of `length` slots.
//
// Values lie as base/slots.h says; lists in row order without gaps.
//   kArray  ListSlot; children[0] the elements
//   kMap    ListSlot; children[0] a struct of key and value
//   kStruct no values; children are the members, each of the struct's length
// The slot of a NULL is zero. A NULL struct has NULL in every member.
struct Column {
    DataType type;
    size_t length = 0;
    bool has_nulls = false;
    // Bit i%64 of word i/64 is set when slot i holds a value. (length+63)/64 words, also when
    // has_nulls is false; bits past `length` are unspecified.
    const uint64_t *validity = nullptr;
    const std::byte *values = nullptr;  // Aligned to 64; null for kStruct.
    std::vector<Column> children;

    bool IsNull(size_t slot) const { return !(validity[slot / 64] >> (slot % 64) & 1); }
    template <class T>
    const T *Values() const {
        return reinterpret_cast<const T *>(values);
    }
    std::string_view Text(size_t slot) const { return Values<StringSlot>()[slot].view(); }
};

// Rows of one file, in the file's order. At most ReadOptions::batch_rows.
struct ColumnBatch {
    virtual ~ColumnBatch() = default;

    size_t row_count = 0;
    std::vector<Column> columns;  // One for each field of the reader's schema (or of its projection), in that order.
    // JSON text of what did not fit the schema in that row, nested as in the document, with the file's
    // path as "_file_path"; NULL when all fitted. Empty (length 0) when ReadOptions::rescue is off.
    Column rescued;
    // First byte of each row's document, from the start of the (decompressed) file.
    std::vector<uint64_t> document_offsets;

    uint32_t file_index = 0;  // Into the `files` that the reader was opened with.
    // Batches ordered by (chunk_index, batch_in_chunk) are the files' documents in order. One worker
    // sees them ascending.
    uint64_t chunk_index = 0;
    uint32_t batch_in_chunk = 0;
};

}  // namespace tarn::extjson
