// The protocol and metadata that tables start with, and how a protocol rises: transaction.h.
#include <algorithm>
#include <set>

#include "delta/schema.h"
#include "delta/table_properties.h"
#include "delta/transaction.h"

namespace tarn::delta {
namespace {

bool Holds(const DataType &type, TypeKind kind) {
    if (type.kind == kind) return true;
    for (const Field &field : type.fields) {
        if (Holds(field.type, kind)) return true;
    }
    for (const DataType &child : type.children) {
        if (Holds(child, kind)) return true;
    }
    return false;
}

// A field, nested ones too, for which `test` is true.
bool AnyField(const DataType &type, const auto &test) {
    for (const Field &field : type.fields) {
        if (test(field) || AnyField(field.type, test)) return true;
    }
    return std::ranges::any_of(type.children, [&](const DataType &child) { return AnyField(child, test); });
}

bool AnyFieldHas(const DataType &schema, const char *key) {
    return AnyField(schema, [&](const Field &field) { return field.metadata.contains(key); });
}

bool AnyNotNull(const DataType &schema) {
    return AnyField(schema, [](const Field &field) { return !field.nullable; });
}

// The features that schema and properties ask for.
Result<std::set<std::string>> WantedFeatures(const Metadata &metadata) {
    std::set<std::string> wanted;
    if (Holds(metadata.schema, TypeKind::kTimestampNtz)) wanted.insert("timestampNtz");
    if (Holds(metadata.schema, TypeKind::kVariant)) wanted.insert("variantType");
    static constexpr struct {
        const char *property;
        const char *feature;
    } kSwitches[] = {{"delta.appendOnly", "appendOnly"},
                     {"delta.enableRowTracking", "rowTracking"},
                     {"delta.enableDeletionVectors", "deletionVectors"},
                     {"delta.enableChangeDataFeed", "changeDataFeed"},
                     {"delta.enableInCommitTimestamps", "inCommitTimestamp"},
                     {"delta.enableTypeWidening", "typeWidening"}};
    for (const auto &entry : kSwitches) {
        if (metadata.BoolProperty(entry.property, false)) wanted.insert(entry.feature);
    }
    const std::string *policy = metadata.Property("delta.checkpointPolicy");
    if (policy != nullptr && EqualsIgnoreCase(*policy, "v2")) wanted.insert("v2Checkpoint");
    if (ColumnMappingOf(metadata) != ColumnMapping::kNone) wanted.insert("columnMapping");
    for (const auto &[key, value] : metadata.configuration) {
        if (ToLower(key).starts_with("delta.constraints.")) wanted.insert("checkConstraints");
    }
    static constexpr struct {
        const char *key;
        const char *feature;
    } kColumnKeys[] = {{"delta.invariants", "invariants"},
                       {"delta.generationExpression", "generatedColumns"},
                       {"delta.identity.start", "identityColumns"},
                       {"CURRENT_DEFAULT", "allowColumnDefaults"}};
    for (const auto &entry : kColumnKeys) {
        if (AnyFieldHas(metadata.schema, entry.key)) wanted.insert(entry.feature);
    }
    if (AnyNotNull(metadata.schema)) wanted.insert("invariants");
    return wanted;
}

Result<void> CheckColumns(const TableSpec &spec) {
    auto invalid = [](std::string_view condition, std::string message) {
        return Fail(ErrorKind::kInvalidInput, condition, std::move(message));
    };
    // It may get its columns later, from a write that adds them.
    TARN_ASSERT(spec.schema.kind == TypeKind::kStruct);
    std::set<std::string> names;
    for (const Field &field : spec.schema.fields) {
        if (!names.insert(ToLower(field.name)).second) {
            return invalid("COLUMN_ALREADY_EXISTS",
                           "The column " + field.name + " already exists (names ignore case).");
        }
        // A mapped table's files hold other names.
        bool mapped = spec.properties.contains("delta.columnMapping.mode") && spec.properties.at("delta.columnMapping.mode") != "none";
        if (field.name.empty() || (!mapped && field.name.find_first_of(" ,;{}()\n\t=") != std::string::npos)) {
            return invalid("DELTA_INVALID_CHARACTERS_IN_COLUMN_NAMES",
                           "The column name '" + field.name + "' holds one of the characters ' ,;{}()\\n\\t='.");
        }
        if (Holds(field.type, TypeKind::kInterval)) {
            return invalid("DELTA_UNSUPPORTED_DATA_TYPES", "The column " + field.name + " is an interval, which Delta "
                                                           "cannot store.");
        }
    }
    std::set<std::string> partitions;
    for (const std::string &column : spec.partition_columns) {
        const Field *field = spec.schema.FindField(column);
        if (field == nullptr) {
            return invalid("UNRESOLVED_COLUMN", "The partition column " + column + " does not exist.");
        }
        if (field->type.IsNested() || field->type.kind == TypeKind::kVariant) {
            return invalid("DATATYPE_MISMATCH", "A table cannot be partitioned by " + column + ", which is " +
                                                    field->type.ToSql() + ".");
        }
        if (!partitions.insert(ToLower(column)).second) {
            return invalid("COLUMN_ALREADY_EXISTS", "The partition column " + column + " is named twice.");
        }
    }
    if (!spec.partition_columns.empty() && partitions.size() == spec.schema.fields.size()) {
        return invalid("INVALID_PARAMETER_VALUE", "A table cannot be partitioned by all of its columns.");
    }
    return {};
}

}  // namespace

Result<Protocol> ProtocolFor(const Protocol &current, const Metadata &metadata) {
    TARN_TRY(std::set<std::string> wanted, WantedFeatures(metadata));
    return RaiseProtocol(current, {std::move(wanted), 0, 0});
}

void NameRowTrackingColumns(Metadata &metadata) {
    if (!metadata.BoolProperty("delta.enableRowTracking", false)) return;
    metadata.configuration.emplace("delta.rowTracking.materializedRowIdColumnName", "_row-id-col-" + NewUuid());
    metadata.configuration.emplace("delta.rowTracking.materializedRowCommitVersionColumnName", "_row-commit-version-col-" + NewUuid());
}

Result<NewTable> DescribeNewTable(const TableSpec &spec, int64_t now_ms) {
    TARN_CHECK(CheckColumns(spec));
    NewTable table;
    Metadata &metadata = table.metadata;
    metadata.id = NewUuid();
    metadata.name = spec.name;
    metadata.description = spec.description;
    metadata.schema = spec.schema;
    metadata.schema_string = SchemaToJson(spec.schema);
    metadata.created_time = now_ms;
    for (const std::string &column : spec.partition_columns) {
        metadata.partition_columns.push_back(spec.schema.FindField(column)->name);
    }
    StringMap properties = spec.properties;
    TARN_TRY(ProtocolWish wish, TakeProtocolProperties(properties));
    metadata.configuration = std::move(properties);
    // Files of a managed table's log are published at any time later, so their own times say nothing.
    if (wish.features.contains("catalogManaged")) metadata.configuration["delta.enableInCommitTimestamps"] = "true";
    if (spec.deletion_vectors && metadata.Property("delta.enableDeletionVectors") == nullptr) {
        metadata.configuration["delta.enableDeletionVectors"] = "true";
    }
    AssignColumnIds(metadata, false);
    NameRowTrackingColumns(metadata);
    TARN_TRY(table.protocol, ProtocolFor(Protocol{}, metadata));
    table.protocol = RaiseProtocol(table.protocol, wish);
    return table;
}

}  // namespace tarn::delta
