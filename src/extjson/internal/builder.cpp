#include "extjson/internal/builder.h"

#include <algorithm>
#include <bit>

namespace tarn::extjson {
namespace {

constexpr size_t kFirstElements = 1024;

size_t Words(size_t slots) { return (slots + 63) / 64; }

}  // namespace

size_t SlotWidth(const DataType &type) {
    switch (type.kind) {
        case TypeKind::kBoolean:
        case TypeKind::kByte:
            return 1;
        case TypeKind::kShort:
            return 2;
        case TypeKind::kInt:
        case TypeKind::kFloat:
        case TypeKind::kDate:
            return 4;
        case TypeKind::kLong:
        case TypeKind::kDouble:
        case TypeKind::kTimestamp:
        case TypeKind::kTimestampNtz:
            return 8;
        case TypeKind::kDecimal:
            return type.precision <= 4 ? 2 : type.precision <= 9 ? 4 : type.precision <= 18 ? 8 : 16;
        case TypeKind::kStruct:
            return 0;
        default:
            return 16;
    }
}

BatchBuilder::BatchBuilder(const DataType &schema, const std::vector<bool> &wanted, std::vector<size_t> output,
                           size_t batch_rows, bool rescue)
    : output_(std::move(output)), rescue_(rescue) {
    rows_.capacity = batch_rows;
    root_.type = DataType::Of(TypeKind::kStruct);
    root_.scope = &rows_;
    for (size_t i = 0; i < schema.fields.size(); ++i) {
        root_.children.push_back(wanted[i] ? Make(schema.fields[i].type, &rows_) : nullptr);
        root_.by_name.emplace(schema.fields[i].name, root_.children.back().get());
    }
    rescued_ = Make(DataType::Of(TypeKind::kString), &rows_);
}

std::unique_ptr<Builder> BatchBuilder::Make(const DataType &type, Scope *scope) {
    auto builder = std::make_unique<Builder>();
    builder->type = type;
    builder->width = SlotWidth(type);
    builder->id = builders_++;
    builder->scope = scope;
    scope->members.push_back(builder.get());
    if (type.kind == TypeKind::kStruct) {
        for (const Field &field : type.fields) {
            builder->children.push_back(Make(field.type, scope));
            builder->by_name.emplace(field.name, builder->children.back().get());
        }
    } else if (type.kind == TypeKind::kArray || type.kind == TypeKind::kMap) {
        builder->elements = std::make_unique<Scope>();
        builder->elements->capacity = kFirstElements;
        DataType element =
            type.kind == TypeKind::kArray
                ? type.children[0]
                : DataType::Struct({Field{"key", type.children[0], false}, Field{"value", type.children[1]}});
        builder->children.push_back(Make(element, builder->elements.get()));
    }
    return builder;
}

// Points `builder` at the batch's arrays, made as large as the scope; the first slots keep what they hold.
bool BatchBuilder::Attach(Builder &builder, size_t slots_to_keep) {
    Batch::Arrays &arrays = batch_->arrays[builder.id];
    size_t capacity = builder.scope->capacity;
    if (arrays.capacity < capacity) {
        RawMemory values = AllocateRaw(std::max<size_t>(1, capacity * builder.width));
        RawMemory validity = AllocateRaw(Words(capacity) * sizeof(uint64_t));
        if (!values || !validity) return false;
        if (slots_to_keep > 0) {
            std::memcpy(values.get(), arrays.values.get(), slots_to_keep * builder.width);
            std::memcpy(validity.get(), arrays.validity.get(), Words(slots_to_keep) * sizeof(uint64_t));
        }
        arrays.values = std::move(values);
        arrays.validity = std::move(validity);
        arrays.capacity = capacity;
    }
    builder.values = reinterpret_cast<std::byte *>(arrays.values.get());
    builder.validity = reinterpret_cast<uint64_t *>(arrays.validity.get());
    std::fill(builder.validity + Words(slots_to_keep), builder.validity + Words(capacity), 0);
    return true;
}

// REQUIRES: capacity is a multiple of 64, so that no validity word is shared between old and new slots.
bool BatchBuilder::Grow(Scope &scope) {
    size_t used = scope.capacity;
    scope.capacity *= 2;
    return std::ranges::all_of(scope.members, [&](Builder *member) { return Attach(*member, used); });
}

bool BatchBuilder::StartScope(Scope &scope) {
    scope.used = scope.slot = 0;
    for (Builder *member : scope.members) {
        if (!Attach(*member, 0)) return false;
        if (member->elements && !StartScope(*member->elements)) return false;
    }
    return true;
}

bool BatchBuilder::Start(std::shared_ptr<Batch> batch) {
    batch_ = std::move(batch);
    if (batch_->columns.empty()) {
        batch_->arrays.resize(builders_);
        batch_->columns.resize(output_.size());
        for (size_t i = 0; i < output_.size(); ++i) MakeColumn(batch_->columns[i], *root_.children[output_[i]]);
        MakeColumn(batch_->rescued, *rescued_);
    }
    batch_->texts.clear();
    batch_->document_offsets.clear();
    return StartScope(rows_);
}

void BatchBuilder::MakeColumn(Column &column, const Builder &builder) {
    column.type = builder.type;
    column.children.resize(builder.children.size());
    for (size_t i = 0; i < builder.children.size(); ++i) MakeColumn(column.children[i], *builder.children[i]);
}

void BatchBuilder::FinishColumn(Column &column, Builder &builder) {
    size_t length = builder.scope->used;
    column.length = length;
    column.validity = builder.validity;
    column.values = builder.width > 0 ? builder.values : nullptr;
    column.has_nulls = false;
    for (size_t word = 0; word < Words(length); ++word) {
        uint64_t bits = length - word * 64 >= 64 ? ~uint64_t{0} : (uint64_t{1} << (length % 64)) - 1;
        uint64_t nulls = ~builder.validity[word] & bits;
        if (nulls == 0) continue;
        column.has_nulls = true;
        if (builder.width == 0) continue;
        for (; nulls != 0; nulls &= nulls - 1) {
            size_t slot = word * 64 + size_t(std::countr_zero(nulls));
            std::memset(builder.values + slot * builder.width, 0, builder.width);
        }
    }
    for (size_t i = 0; i < builder.children.size(); ++i) FinishColumn(column.children[i], *builder.children[i]);
}

std::shared_ptr<Batch> BatchBuilder::Finish() {
    batch_->row_count = rows_.used;
    for (size_t i = 0; i < output_.size(); ++i) FinishColumn(batch_->columns[i], *root_.children[output_[i]]);
    if (rescue_) FinishColumn(batch_->rescued, *rescued_);
    return std::move(batch_);
}

}  // namespace tarn::extjson
