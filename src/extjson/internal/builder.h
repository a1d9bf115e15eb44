// extjson/internal/builder.h: the columns of a batch while it is filled.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "extjson/column_batch.h"
#include "extjson/internal/text_block.h"

namespace tarn::extjson {

struct Builder;

// Slots that are filled together: a batch's rows, or the elements of all lists of one column.
// Invariant: every slot from `used` on is NULL in every member.
struct Scope {
    size_t slot = 0;  // Being filled.
    size_t used = 0;
    size_t capacity = 0;             // A multiple of 64.
    std::vector<Builder *> members;  // Also the members of structs in it, at any depth.
};

// Fills one column. Writing sets the slot's validity bit; a slot never written is NULL.
struct Builder {
    DataType type;
    size_t width = 0;  // Of a slot; 0 for a struct.
    size_t id = 0;     // Of its arrays in a batch.
    Scope *scope = nullptr;
    std::byte *values = nullptr;
    uint64_t *validity = nullptr;
    std::unique_ptr<Scope> elements;  // kArray, kMap: the scope of children[0].
    std::vector<std::unique_ptr<Builder>> children;
    std::unordered_map<std::string, Builder *> by_name;  // kStruct. Null: known, but nobody wants it.

    size_t slot() const { return scope->slot; }
    bool IsSet() const { return (validity[slot() / 64] >> (slot() % 64) & 1) != 0; }
    void SetValid() { validity[slot() / 64] |= uint64_t{1} << (slot() % 64); }
    template <class T>
    void Set(T value) {
        reinterpret_cast<T *>(values)[slot()] = value;
        SetValid();
    }
};

// A batch with its memory. Used again when nobody else holds it.
class Batch : public ColumnBatch {
public:
    struct Arrays {
        RawMemory values;
        RawMemory validity;
        size_t capacity = 0;  // Slots.
    };
    std::vector<Arrays> arrays;  // By Builder::id.
    std::shared_ptr<TextBlock> block;
    std::vector<std::unique_ptr<std::string>> texts;  // What slots point to and stands in no block.
};

// All columns of a reader, for one worker.
class BatchBuilder {
public:
    // `wanted[i]`: fill field i. `output`: the fields that batches show, in their order.
    // Without `rescue`, batches show an empty `rescued` column.
    BatchBuilder(const DataType &schema, const std::vector<bool> &wanted, std::vector<size_t> output, size_t batch_rows,
                 bool rescue);

    // Begins a batch. Errors: OUT_OF_MEMORY (false).
    bool Start(std::shared_ptr<Batch> batch);
    // A row more; its slot is scope().slot.
    void NextRow() { rows_.slot = rows_.used++; }
    // One slot more in `scope`; false when there is no memory.
    bool NextElement(Scope &scope) {
        if (scope.used == scope.capacity && !Grow(scope)) return false;
        scope.slot = scope.used++;
        return true;
    }
    // Hands the batch over, with `rescued` filled.
    std::shared_ptr<Batch> Finish();

    Builder &root() { return root_; }  // A kStruct of the schema's fields.
    Builder &rescued() { return *rescued_; }
    Batch &batch() { return *batch_; }
    size_t row_count() const { return rows_.used; }

private:
    std::unique_ptr<Builder> Make(const DataType &type, Scope *scope);
    bool Grow(Scope &scope);
    bool Attach(Builder &builder, size_t slots_to_keep);
    bool StartScope(Scope &scope);
    void MakeColumn(Column &column, const Builder &builder);
    void FinishColumn(Column &column, Builder &builder);

    Scope rows_;
    Builder root_;
    std::unique_ptr<Builder> rescued_;
    std::vector<size_t> output_;
    const bool rescue_;
    size_t builders_ = 0;
    std::shared_ptr<Batch> batch_;
};

// Bytes of a slot of `kind` in Column::values.
size_t SlotWidth(const DataType &type);

}  // namespace tarn::extjson
