#include "parquet/row_group.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "parquet/internal/leaf_writer.h"

namespace tarn::parquet {
namespace {

constexpr uint32_t kNone = std::numeric_limits<uint32_t>::max();
constexpr uint64_t kSlotsAtOnce = uint64_t{1} << 17;  // Of a leaf in lists: each costs ten bytes while a batch is taken apart.

// What a column's ancestors left of a batch: a row of its array for each slot, or that it ends at a level above.
struct Slots {
    std::vector<uint32_t> rows;       // kNone: NULL, or no element, at `definition`.
    std::vector<uint8_t> definition;  // Of those only.
    std::vector<uint8_t> repetition;  // Empty outside lists.
};

bool IsValid(const Array &array, uint32_t slot) { return !array.validity || (array.validity[slot / 64] >> (slot % 64) & 1); }

bool HasLists(const Column &column) {
    return column.kind == TypeKind::kArray || column.kind == TypeKind::kMap || std::ranges::any_of(column.children, HasLists);
}

// How many slots a row has in the leaf where it has most.
uint64_t SlotsOf(const Column &column, const Array &array, uint32_t row) {
    uint32_t slot = array.selection ? array.selection[row] : row;
    if (column.children.empty() || !IsValid(array, slot)) return 1;
    auto most = [&](uint32_t child_row) {
        uint64_t slots = 1;
        for (size_t i = 0; i < column.children.size(); i++) slots = std::max(slots, SlotsOf(column.children[i], array.children[i], child_row));
        return slots;
    };
    if (column.kind == TypeKind::kStruct) return most(slot);
    const ListSlot &list = static_cast<const ListSlot *>(array.values)[slot];
    if (std::ranges::none_of(column.children, HasLists)) return std::max<uint64_t>(1, list.length);
    uint64_t slots = list.length == 0;
    for (uint64_t k = 0; k < list.length; k++) slots += most(static_cast<uint32_t>(list.offset + k));
    return slots;
}

// Takes columns apart into levels and values: Dremel's shredding, top down.
class Shredder {
public:
    Shredder(std::vector<std::unique_ptr<LeafWriter>> &leaves, size_t rows) : leaves_(leaves), rows_(rows) {}

    Result<void> Add(const Column &column, const Array &array) {
        if (column.children.empty() && column.kind != TypeKind::kStruct) return AddFlat(array);
        bool lists = HasLists(column);
        size_t first = next_;
        uint32_t begin = 0;
        do {
            auto end = static_cast<uint32_t>(rows_);
            if (lists) {
                uint64_t slots = 0;
                for (end = begin; end < rows_ && slots < kSlotsAtOnce; end++) slots += SlotsOf(column, array, end);
            }
            next_ = first;
            TARN_CHECK(AddRows(column, array, begin, end));
            begin = end;
        } while (begin < rows_);
        return {};
    }

private:
    // The usual case: no ancestors.
    Result<void> AddFlat(const Array &array) {
        LeafWriter &leaf = *leaves_[next_++];
        Levels levels{.count = rows_};
        if (!array.validity) return leaf.Append(array.values, array.selection, rows_, levels);
        present_.resize(rows_);
        definition_.resize(rows_);
        size_t count = 0;
        for (uint32_t i = 0; i < rows_; i++) {
            uint32_t slot = array.selection ? array.selection[i] : i;
            bool valid = array.validity[slot / 64] >> (slot % 64) & 1;
            present_[count] = slot;
            count += valid;
            definition_[i] = valid;
        }
        bool all = count == rows_;
        if (!all) levels.definition = definition_.data();
        return leaf.Append(array.values, all && !array.selection ? nullptr : present_.data(), count, levels);
    }

    Result<void> AddRows(const Column &column, const Array &array, uint32_t begin, uint32_t end) {
        Slots slots;
        slots.rows.resize(end - begin);
        std::iota(slots.rows.begin(), slots.rows.end(), begin);
        slots.definition.resize(end - begin);
        return AddNested(column, array, slots, 0, 0);
    }

    Result<void> AddNested(const Column &column, const Array &array, const Slots &in, uint8_t definition, uint8_t repetition) {
        if (!column.required) definition++;
        Slots here = in;
        for (size_t i = 0; i < in.rows.size(); i++) {
            if (in.rows[i] == kNone) continue;
            uint32_t slot = array.selection ? array.selection[in.rows[i]] : in.rows[i];
            bool valid = IsValid(array, slot);
            if (!valid && column.required) {
                return Fail(ErrorKind::kInvalidInput, "NULL_MAP_KEY", "Cannot use null as map key.");
            }
            here.rows[i] = valid ? slot : kNone;
            here.definition[i] = static_cast<uint8_t>(valid ? definition : definition - 1);
        }
        switch (column.kind) {
            case TypeKind::kStruct:
                for (size_t i = 0; i < column.children.size(); i++) {
                    TARN_CHECK(AddNested(column.children[i], array.children[i], here, definition, repetition));
                }
                return {};
            case TypeKind::kArray:
            case TypeKind::kMap: {
                TARN_TRY(Slots elements, Elements(array, here, definition, static_cast<uint8_t>(repetition + 1)));
                for (size_t i = 0; i < column.children.size(); i++) {
                    TARN_CHECK(AddNested(column.children[i], array.children[i], elements, definition + 1, repetition + 1));
                }
                return {};
            }
            default: return AddLeaf(array, here);
        }
    }

    // A list without elements ends at `definition`, its own level; those after the first repeat at `repetition`.
    static Result<Slots> Elements(const Array &array, const Slots &lists, uint8_t definition, uint8_t repetition) {
        auto slots = static_cast<const ListSlot *>(array.values);
        Slots out;
        auto add = [&out](uint32_t row, uint8_t at, uint8_t again) {
            out.rows.push_back(row);
            out.definition.push_back(at);
            out.repetition.push_back(again);
        };
        for (size_t i = 0; i < lists.rows.size(); i++) {
            uint8_t again = lists.repetition.empty() ? 0 : lists.repetition[i];
            if (lists.rows[i] == kNone) {
                add(kNone, lists.definition[i], again);
                continue;
            }
            const ListSlot &list = slots[lists.rows[i]];
            if (list.offset + list.length >= kNone) {
                return Fail(ErrorKind::kUnsupported, "PARQUET_VALUE_TOO_LARGE", "The lists of 2048 rows hold more than 4 billion elements.");
            }
            if (list.length == 0) add(kNone, definition, again);
            for (uint64_t k = 0; k < list.length; k++) add(static_cast<uint32_t>(list.offset + k), 0, k == 0 ? again : repetition);
        }
        return out;
    }

    Result<void> AddLeaf(const Array &array, const Slots &slots) {
        LeafWriter &leaf = *leaves_[next_++];
        present_.clear();
        for (uint32_t slot : slots.rows) {
            if (slot != kNone) present_.push_back(slot);
        }
        Levels levels{.count = slots.rows.size()};
        if (present_.size() < slots.rows.size()) levels.definition = slots.definition.data();
        if (!slots.repetition.empty()) levels.repetition = slots.repetition.data();
        return leaf.Append(array.values, present_.data(), present_.size(), levels);
    }

    std::vector<std::unique_ptr<LeafWriter>> &leaves_;
    size_t rows_;
    size_t next_ = 0;  // The leaf.
    std::vector<uint32_t> present_;
    std::vector<uint8_t> definition_;
};

}  // namespace

void Range::Add(const Range &other) {
    has_nan |= other.has_nan;
    nulls += other.nulls;
    if (!other.set) return;
    if (!set || other.min < min) min = other.min;
    if (!set || other.max > max) max = other.max;
    set = true;
}

RowGroupWriter::RowGroupWriter(SchemaPtr schema, const Codec &codec) : schema_(std::move(schema)), scratch_(std::make_unique<Scratch>()) {
    for (const Leaf &leaf : schema_->leaves()) leaves_.push_back(LeafWriter::Of(leaf, codec, *scratch_));
}

RowGroupWriter::~RowGroupWriter() = default;

Result<void> RowGroupWriter::Append(std::span<const Array> columns, size_t rows) {
    TARN_ASSERT(columns.size() == schema_->columns().size());
    TARN_ASSERT(rows < kNone);
    Shredder shredder(leaves_, rows);
    for (size_t i = 0; i < columns.size(); i++) TARN_CHECK(shredder.Add(schema_->columns()[i], columns[i]));
    rows_ += static_cast<int64_t>(rows);
    return {};
}

size_t RowGroupWriter::bytes() const {
    size_t bytes = 0;
    for (auto &leaf : leaves_) bytes += leaf->bytes();
    return bytes;
}

std::vector<Chunk> RowGroupWriter::Finish() {
    std::vector<Chunk> chunks;
    for (auto &leaf : leaves_) chunks.push_back(leaf->Finish());
    return chunks;
}

void RowGroupWriter::Reset() {
    for (auto &leaf : leaves_) leaf->Reset();
    rows_ = 0;
}

}  // namespace tarn::parquet
