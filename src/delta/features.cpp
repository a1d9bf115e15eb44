// Which tables this build may read and write: CheckReadable and CheckWritable of snapshot.h.
#include <functional>

#include "delta/schema.h"
#include "delta/snapshot.h"

namespace tarn::delta {
namespace {

// Visits every field of a schema, nested ones too; true as soon as `test` is.
bool AnyField(const DataType &type, const std::function<bool(const Field &)> &test) {
    for (const Field &field : type.fields) {
        if (test(field) || AnyField(field.type, test)) return true;
    }
    for (const DataType &child : type.children) {
        if (AnyField(child, test)) return true;
    }
    return false;
}

bool HoldsVariant(const DataType &type) {
    if (type.kind == TypeKind::kVariant) return true;
    for (const Field &field : type.fields) {
        if (HoldsVariant(field.type)) return true;
    }
    for (const DataType &child : type.children) {
        if (HoldsVariant(child)) return true;
    }
    return false;
}

bool AnyFieldHas(const Metadata &metadata, std::string_view key) {
    return AnyField(metadata.schema, [&](const Field &field) { return field.metadata.contains(std::string(key)); });
}

bool AnyPropertyStarts(const Metadata &metadata, std::string_view prefix) {
    for (const auto &[key, value] : metadata.configuration) {
        if (ToLower(key).starts_with(prefix)) return true;
    }
    return false;
}

bool UsesMapping(const Snapshot &snapshot) { return ColumnMappingOf(snapshot.metadata) != ColumnMapping::kNone; }
bool UsesWidening(const Snapshot &snapshot) { return AnyFieldHas(snapshot.metadata, "delta.typeChanges"); }
bool UsesVariant(const Snapshot &snapshot) { return HoldsVariant(snapshot.metadata.schema); }

bool CanRead(std::string_view feature, const Snapshot &snapshot, const Capabilities &can) {
    if (feature == "columnMapping") return can.column_mapping || !UsesMapping(snapshot);
    if (feature == "typeWidening" || feature == "typeWidening-preview") {
        return can.type_widening || !UsesWidening(snapshot);
    }
    if (feature.starts_with("variantType") || feature.starts_with("variantShredding")) {
        return can.variant || !UsesVariant(snapshot);
    }
    if (feature == "catalogManaged") return can.catalog_managed;
    return feature == "deletionVectors" || feature == "timestampNtz" || feature == "v2Checkpoint" ||
           feature == "vacuumProtocolCheck";
}

bool CanWrite(std::string_view feature, const Snapshot &snapshot, const Capabilities &can) {
    const Metadata &metadata = snapshot.metadata;
    if (feature == "invariants") return can.row_rules || !AnyFieldHas(metadata, "delta.invariants");
    if (feature == "checkConstraints") return can.row_rules || !AnyPropertyStarts(metadata, "delta.constraints.");
    if (feature == "generatedColumns") return can.row_rules || !AnyFieldHas(metadata, "delta.generationExpression");
    if (feature == "identityColumns") return can.row_rules || !AnyFieldHas(metadata, "delta.identity.start");
    if (feature == "allowColumnDefaults") return can.row_rules || !AnyFieldHas(metadata, "CURRENT_DEFAULT");
    // Base row ids are assigned on commit; keeping ids over rewrites is the caller's part.
    if (feature == "rowTracking") return can.row_ids || !metadata.BoolProperty("delta.enableRowTracking", false);
    if (feature == "icebergCompatV1") return !metadata.BoolProperty("delta.enableIcebergCompatV1", false);
    if (feature == "icebergCompatV2") return !metadata.BoolProperty("delta.enableIcebergCompatV2", false);
    if (feature == "appendOnly" || feature == "domainMetadata" || feature == "inCommitTimestamp" ||
        feature == "changeDataFeed" || feature == "clustering" || feature == "checkpointProtection") {
        return true;
    }
    return CanRead(feature, snapshot, can);
}

std::unexpected<Error> Unsupported(std::string_view condition, const Snapshot &snapshot, std::string_view what,
                                   const std::vector<std::string> &features) {
    std::string names;
    for (const std::string &feature : features) names += (names.empty() ? "" : ", ") + feature;
    Error error = MakeError(ErrorKind::kUnsupported, condition,
                            "The table " + snapshot.table_root + " needs Delta features that this build cannot " +
                                std::string(what) + ": " + names + ".");
    error.remedy = "Use a build that knows them, or drop them where the table was made: "
                   "ALTER TABLE … DROP FEATURE.";
    return Fail(std::move(error));
}

std::unexpected<Error> FutureProtocol(const Snapshot &snapshot) {
    const Protocol &protocol = snapshot.protocol;
    return Fail(ErrorKind::kUnsupported, "DELTA_INVALID_PROTOCOL_VERSION",
                "The table " + snapshot.table_root + " asks for reader version " +
                    std::to_string(protocol.min_reader_version) + " and writer version " +
                    std::to_string(protocol.min_writer_version) + "; this build knows versions up to 3 and 7.");
}

// The features that a writer version below 7 stands for.
std::vector<std::string> LegacyWriterFeatures(int32_t version) {
    static constexpr struct {
        int32_t version;
        const char *feature;
    } kSince[] = {{2, "appendOnly"},     {2, "invariants"},       {3, "checkConstraints"}, {4, "changeDataFeed"},
                  {4, "generatedColumns"}, {5, "columnMapping"}, {6, "identityColumns"}};
    std::vector<std::string> out;
    for (const auto &since : kSince) {
        if (version >= since.version) out.push_back(since.feature);
    }
    return out;
}

}  // namespace

Result<void> CheckReadable(const Snapshot &snapshot, const Capabilities &can) {
    const Protocol &protocol = snapshot.protocol;
    if (protocol.min_reader_version > 3 || protocol.min_reader_version < 1) return FutureProtocol(snapshot);
    std::vector<std::string> features;
    if (protocol.min_reader_version == 2) features.push_back("columnMapping");
    if (protocol.reader_features) features = *protocol.reader_features;
    std::erase_if(features, [&](const std::string &feature) { return CanRead(feature, snapshot, can); });
    if (!features.empty()) return Unsupported("DELTA_UNSUPPORTED_FEATURES_FOR_READ", snapshot, "read", features);
    if (snapshot.metadata.schema.fields.empty() && !can.no_columns) {
        Error error = MakeError(ErrorKind::kInvalidInput, "DELTA_READ_TABLE_WITHOUT_COLUMNS",
                                "The Delta table " + snapshot.table_root + " has no columns.");
        error.remedy = "Add a column first: ALTER TABLE … ADD COLUMN, or write to it with schema evolution.";
        return Fail(std::move(error));
    }
    return {};
}

Result<void> CheckWritable(const Snapshot &snapshot, const Capabilities &can) {
    const Protocol &protocol = snapshot.protocol;
    if (protocol.min_writer_version > 7 || protocol.min_writer_version < 1) return FutureProtocol(snapshot);
    std::vector<std::string> features = LegacyWriterFeatures(protocol.min_writer_version);
    if (protocol.min_writer_version >= 7) features = protocol.writer_features.value_or(std::vector<std::string>());
    std::erase_if(features, [&](const std::string &feature) { return CanWrite(feature, snapshot, can); });
    if (!features.empty()) return Unsupported("DELTA_UNSUPPORTED_FEATURES_FOR_WRITE", snapshot, "write", features);
    return {};
}

}  // namespace tarn::delta
