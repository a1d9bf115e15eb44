// delta/deletion_vector.h: which rows of a data file are gone.
//
// Specification: PROTOCOL.md, "Deletion Vectors" and "Deletion Vector Format". A row is its position in the Parquet
// file, from 0. Bytes from outside are checked before use; none of them can crash or over-read.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "delta/action.h"
#include "storage/object_store.h"

namespace tarn::delta {

// A set of row positions, each below 2^63. Movable; Clone copies.
// Threads: const methods from any thread.
class DeletionVector {
public:
    DeletionVector();
    ~DeletionVector();
    DeletionVector(DeletionVector &&) noexcept;
    DeletionVector &operator=(DeletionVector &&) noexcept;
    static DeletionVector Of(const std::vector<uint64_t> &rows);
    DeletionVector Clone() const;

    void Add(uint64_t row);
    void AddMany(const std::vector<uint64_t> &rows);
    void Union(const DeletionVector &other);
    void Subtract(const DeletionVector &other);
    // The rows below `row_count` that are not in this one.
    DeletionVector Complement(uint64_t row_count) const;
    bool Contains(uint64_t row) const;
    uint64_t Cardinality() const;
    bool Empty() const { return Cardinality() == 0; }
    std::optional<uint64_t> Max() const;

    std::vector<uint64_t> Rows() const;  // Ascending.
    void ForEach(const std::function<void(uint64_t)> &visit) const;  // Ascending.
    // Of the rows [first, first + count): writes the offsets from `first` of those that remain to `kept` (room for
    // `count`), ascending, and returns how many. What a scan's selection vector needs.
    uint32_t SelectKept(uint64_t first, uint32_t count, uint32_t *kept) const;

    // The portable "roaring bitmap array": magic, count, then key and bitmap for each 2^32 rows.
    std::string Serialize() const;
    // Errors: kCorrupt [DELTA_DELETION_VECTOR_CORRUPT]; `origin` names the vector.
    static Result<DeletionVector> Parse(std::string_view bytes, std::string_view origin);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// Loads the vector of an action: inline, relative or absolute. `table_root` is canonical.
// Errors: kNotFound [DELTA_FILE_NOT_FOUND]; kCorrupt [DELTA_DELETION_VECTOR_SIZE_MISMATCH], [DELTA_DELETION_VECTOR_
// CHECKSUM_MISMATCH], [DELTA_DELETION_VECTOR_CARDINALITY_MISMATCH] or, for its bytes, [DELTA_DELETION_VECTOR_CORRUPT].
Result<DeletionVector> ReadDeletionVector(storage::ObjectStore &store, const std::string &table_root,
                                          const DeletionVectorDescriptor &descriptor);

// Writes all vectors into one new file in the table's root; descriptors in the order of `vectors`.
// REQUIRES: no vector is empty.
Result<std::vector<DeletionVectorDescriptor>> WriteDeletionVectors(storage::ObjectStore &store,
                                                                   const std::string &table_root,
                                                                   const std::vector<const DeletionVector *> &vectors);

// The file that holds the vector; nullopt for an inline one. Errors: kCorrupt.
Result<std::optional<std::string>> DeletionVectorPath(const std::string &table_root, const DeletionVectorDescriptor &descriptor);
// The same vector named so that another table can refer to it: by absolute path, or inline as it is. Errors: kCorrupt.
Result<DeletionVectorDescriptor> AbsoluteDescriptor(const std::string &table_root, const DeletionVectorDescriptor &descriptor);

// A descriptor that carries the vector in itself. For small ones: the text is 1.25 times the bytes.
DeletionVectorDescriptor InlineDescriptor(const DeletionVector &vector);

// Z85 as Delta uses it. Encode pads with zero bytes to a multiple of 4. Decode yields every byte, padding included,
// and takes texts whose last group is cut short, or lacks the bytes that leading '#' count (as delta-kernel-rs writes it).
std::string Z85Encode(std::string_view bytes);
Result<std::string> Z85Decode(std::string_view text);

}  // namespace tarn::delta
