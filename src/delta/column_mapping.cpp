// Column mapping: names and ids that stay with a column when it is renamed. PROTOCOL.md, "Column Mapping".
#include <algorithm>
#include <cstdlib>

#include "delta/schema.h"
#include "delta/transaction.h"

namespace tarn::delta {
namespace {

constexpr const char *kId = "delta.columnMapping.id";
constexpr const char *kPhysicalName = "delta.columnMapping.physicalName";
constexpr const char *kMaxId = "delta.columnMapping.maxColumnId";

int64_t HighestId(const DataType &type) {
    int64_t highest = 0;
    for (const Field &field : type.fields) highest = std::max({highest, ColumnId(field).value_or(0), HighestId(field.type)});
    for (const DataType &child : type.children) highest = std::max(highest, HighestId(child));
    return highest;
}

void Assign(DataType &type, bool keep_names, int64_t &highest) {
    for (Field &field : type.fields) {
        if (!ColumnId(field)) field.metadata[kId] = std::to_string(++highest);
        if (!field.metadata.contains(kPhysicalName)) {
            SetMetadataText(field, kPhysicalName, keep_names ? field.name : "col-" + NewUuid());
        }
        Assign(field.type, keep_names, highest);
    }
    for (DataType &child : type.children) Assign(child, keep_names, highest);
}

}  // namespace

void AssignColumnIds(Metadata &metadata, bool keep_names) {
    if (ColumnMappingOf(metadata) == ColumnMapping::kNone) return;
    int64_t highest = HighestId(metadata.schema);
    // Ids of dropped columns are not given again: older files still hold them.
    if (const std::string *known = metadata.Property(kMaxId)) {
        highest = std::max<int64_t>(highest, std::strtoll(known->c_str(), nullptr, 10));
    }
    Assign(metadata.schema, keep_names, highest);
    metadata.configuration[kMaxId] = std::to_string(highest);
    metadata.schema_string = SchemaToJson(metadata.schema);
}

DataType PhysicalSchema(const DataType &schema) {
    DataType out = schema;
    for (Field &field : out.fields) {
        field.name = PhysicalName(field);
        field.type = PhysicalSchema(field.type);
    }
    for (DataType &child : out.children) child = PhysicalSchema(child);
    return out;
}

}  // namespace tarn::delta
