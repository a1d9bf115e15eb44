#include "parquet/schema.h"

#include <algorithm>

namespace tarn::parquet {
namespace {

int DepthOf(const Column &column) {
    int deepest = 0;
    for (const Column &child : column.children) deepest = std::max(deepest, DepthOf(child));
    return deepest + 1;
}

}  // namespace

Physical PhysicalOf(const Column &leaf) {
    switch (leaf.kind) {
        case TypeKind::kBoolean: return Physical::kBoolean;
        case TypeKind::kByte:
        case TypeKind::kShort:
        case TypeKind::kInt:
        case TypeKind::kDate: return Physical::kInt32;
        case TypeKind::kLong:
        case TypeKind::kTimestamp:
        case TypeKind::kTimestampNtz: return Physical::kInt64;
        case TypeKind::kFloat: return Physical::kFloat;
        case TypeKind::kDouble: return Physical::kDouble;
        case TypeKind::kDecimal:
            return leaf.precision <= 9 ? Physical::kInt32 : leaf.precision <= 18 ? Physical::kInt64 : Physical::kFixedLenByteArray;
        default: TARN_ASSERT(leaf.kind == TypeKind::kString || leaf.kind == TypeKind::kBinary); return Physical::kByteArray;
    }
}

bool Schema::Fits(const std::vector<Column> &columns) {
    return std::ranges::all_of(columns, [](const Column &column) { return DepthOf(column) <= 63; });
}

Schema::Schema(std::vector<Column> columns) : columns_(std::move(columns)) {
    for (const Column &column : columns_) AddLeaves(column, {}, 0, 0);
}

void Schema::AddLeaves(const Column &column, std::vector<std::string> path, uint8_t definition, uint8_t repetition) {
    path.push_back(column.name);
    if (!column.required) definition++;
    switch (column.kind) {
        case TypeKind::kStruct:
            for (const Column &member : column.children) AddLeaves(member, path, definition, repetition);
            return;
        case TypeKind::kArray:
        case TypeKind::kMap:
            TARN_ASSERT(column.children.size() == (column.kind == TypeKind::kMap ? 2u : 1u));
            path.push_back(column.kind == TypeKind::kMap ? "key_value" : "list");
            for (const Column &child : column.children) AddLeaves(child, path, definition + 1, repetition + 1);
            return;
        default: leaves_.push_back({&column, std::move(path), definition, repetition});
    }
}

}  // namespace tarn::parquet
