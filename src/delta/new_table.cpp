// The protocol and metadata that tables start with, and how a protocol rises: transaction.h.
#include <algorithm>
#include <set>

#include "delta/schema.h"
#include "delta/transaction.h"

namespace tarn::delta {
namespace {

// Features that readers must know as well; all others concern writers only.
constexpr std::string_view kReaderFeatures[] = {"catalogManaged", "columnMapping", "deletionVectors", "timestampNtz", "typeWidening",
                                                "v2Checkpoint",  "vacuumProtocolCheck", "variantType"};
// What DescribeNewTable takes from "delta.feature.NAME = supported".
constexpr std::string_view kKnownFeatures[] = {
    "appendOnly",   "catalogManaged", "changeDataFeed", "clustering",    "columnMapping", "deletionVectors",     "domainMetadata",
    "inCommitTimestamp", "invariants", "timestampNtz", "typeWidening",  "v2Checkpoint",        "vacuumProtocolCheck",
    "variantType",  "checkConstraints", "generatedColumns", "identityColumns", "allowColumnDefaults", "rowTracking"};

bool IsReaderFeature(std::string_view feature) {
    return std::ranges::find(kReaderFeatures, feature) != std::end(kReaderFeatures);
}

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

std::unexpected<Error> NotDone(const std::string &property, std::string_view what) {
    Error error = MakeError(ErrorKind::kUnsupported, "FEATURE_NOT_SUPPORTED",
                            "The table property " + property + " asks for " + std::string(what) +
                                ", which this build cannot write.");
    error.remedy = "Leave the property out.";
    return Fail(std::move(error));
}

// The features that schema and properties ask for.
Result<std::set<std::string>> WantedFeatures(const Metadata &metadata) {
    std::set<std::string> wanted;
    if (Holds(metadata.schema, TypeKind::kTimestampNtz)) wanted.insert("timestampNtz");
    if (Holds(metadata.schema, TypeKind::kVariant)) wanted.insert("variantType");
    static constexpr struct {
        const char *property;
        const char *feature;
    } kSwitches[] = {{"delta.enableDeletionVectors", "deletionVectors"},
                     {"delta.enableChangeDataFeed", "changeDataFeed"},
                     {"delta.enableInCommitTimestamps", "inCommitTimestamp"},
                     {"delta.enableTypeWidening", "typeWidening"}};
    for (const auto &entry : kSwitches) {
        if (metadata.BoolProperty(entry.property, false)) wanted.insert(entry.feature);
    }
    const std::string *policy = metadata.Property("delta.checkpointPolicy");
    if (policy != nullptr && EqualsIgnoreCase(*policy, "v2")) wanted.insert("v2Checkpoint");
    if (ColumnMappingOf(metadata) != ColumnMapping::kNone) wanted.insert("columnMapping");
    if (metadata.BoolProperty("delta.enableRowTracking", false)) wanted.insert("rowTracking");
    if (wanted.contains("rowTracking")) wanted.insert("domainMetadata");
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

// What writer and reader versions without feature lists stood for.
std::set<std::string> LegacyFeatures(const Protocol &protocol) {
    std::set<std::string> out;
    if (protocol.min_writer_version >= 2) out.insert({"appendOnly", "invariants"});
    if (protocol.min_writer_version >= 3) out.insert("checkConstraints");
    if (protocol.min_writer_version >= 4) out.insert({"changeDataFeed", "generatedColumns"});
    if (protocol.min_writer_version >= 5) out.insert("columnMapping");
    if (protocol.min_writer_version >= 6) out.insert("identityColumns");
    return out;
}

Protocol WithFeatures(const Protocol &current, const std::set<std::string> &wanted) {
    bool listed = current.min_writer_version >= 7;
    std::set<std::string> have = listed ? std::set<std::string>() : LegacyFeatures(current);
    if (listed && current.writer_features) {
        have.insert(current.writer_features->begin(), current.writer_features->end());
    }
    if (std::ranges::includes(have, wanted)) return current;
    have.insert(wanted.begin(), wanted.end());
    Protocol out;
    out.min_writer_version = 7;
    out.writer_features.emplace(have.begin(), have.end());
    std::vector<std::string> readers;
    for (const std::string &feature : have) {
        // Writer version 5 alone only says that the table could be mapped.
        bool legacy_reader = feature == "columnMapping" && current.min_reader_version < 2 && !wanted.contains(feature);
        if (IsReaderFeature(feature) && !legacy_reader) readers.push_back(feature);
    }
    if (current.reader_features) {
        for (const std::string &feature : *current.reader_features) readers.push_back(feature);
    }
    std::ranges::sort(readers);
    readers.erase(std::unique(readers.begin(), readers.end()), readers.end());
    out.min_reader_version = 1;
    if (!readers.empty() || current.min_reader_version >= 3) {
        out.min_reader_version = 3;
        out.reader_features = std::move(readers);
    }
    return out;
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
    return WithFeatures(current, wanted);
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
    std::set<std::string> asked;
    for (const auto &[key, value] : spec.properties) {
        std::string lower = ToLower(key);
        if (lower == "delta.minreaderversion" || lower == "delta.minwriterversion") continue;
        if (lower.starts_with("delta.feature.")) {
            auto known = std::ranges::find_if(kKnownFeatures, [&](std::string_view feature) {
                return EqualsIgnoreCase(feature, std::string_view(key).substr(14));
            });
            if (known == std::end(kKnownFeatures)) return NotDone(key, "a feature of that name");
            asked.insert(std::string(*known));
            continue;
        }
        metadata.configuration.emplace(key, value);
    }
    // Files of a managed table's log are published at any time later, so their own times say nothing.
    if (asked.contains("catalogManaged")) metadata.configuration["delta.enableInCommitTimestamps"] = "true";
    if (spec.deletion_vectors && metadata.Property("delta.enableDeletionVectors") == nullptr) {
        metadata.configuration["delta.enableDeletionVectors"] = "true";
    }
    AssignColumnIds(metadata, false);
    NameRowTrackingColumns(metadata);
    TARN_TRY(table.protocol, ProtocolFor(Protocol{}, metadata));
    table.protocol = WithFeatures(table.protocol, asked);
    return table;
}

}  // namespace tarn::delta
