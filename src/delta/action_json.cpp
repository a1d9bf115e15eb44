// Actions to JSON lines. The reverse is action.cpp.
#include "delta/action.h"
#include "delta/internal/json_writer.h"

namespace tarn::delta {
namespace {

void WriteVector(JsonWriter &json, const std::optional<DeletionVectorDescriptor> &vector) {
    if (!vector) return;
    json.Key("deletionVector").BeginObject();
    json.Field("storageType", std::string_view(&vector->storage_type, 1));
    json.Field("pathOrInlineDv", vector->path_or_inline).Field("offset", vector->offset);
    json.Field("sizeInBytes", vector->size_in_bytes).Field("cardinality", vector->cardinality).EndObject();
}

void Write(JsonWriter &json, const Protocol &protocol) {
    json.Key("protocol").BeginObject();
    json.Field("minReaderVersion", protocol.min_reader_version);
    json.Field("minWriterVersion", protocol.min_writer_version);
    json.Field("readerFeatures", protocol.reader_features);
    json.Field("writerFeatures", protocol.writer_features).EndObject();
}

void Write(JsonWriter &json, const Metadata &metadata) {
    json.Key("metaData").BeginObject();
    json.Field("id", metadata.id).Field("name", metadata.name).Field("description", metadata.description);
    json.Key("format").BeginObject().Field("provider", "parquet").Field("options", StringMap{}).EndObject();
    json.Field("schemaString", metadata.schema_string);
    json.Field("partitionColumns", metadata.partition_columns);
    json.Field("configuration", metadata.configuration);
    json.Field("createdTime", metadata.created_time).EndObject();
}

void Write(JsonWriter &json, const AddFile &file) {
    json.Key("add").BeginObject();
    json.Field("path", file.path).Field("partitionValues", file.partition_values);
    json.Field("size", file.size).Field("modificationTime", file.modification_time);
    json.Field("dataChange", file.data_change);
    if (!file.stats.empty()) json.Field("stats", file.stats);
    if (!file.tags.empty()) json.Field("tags", file.tags);
    WriteVector(json, file.deletion_vector);
    json.Field("baseRowId", file.base_row_id);
    json.Field("defaultRowCommitVersion", file.default_row_commit_version);
    json.Field("clusteringProvider", file.clustering_provider).EndObject();
}

void Write(JsonWriter &json, const RemoveFile &file) {
    json.Key("remove").BeginObject();
    json.Field("path", file.path).Field("deletionTimestamp", file.deletion_timestamp);
    json.Field("dataChange", file.data_change).Field("extendedFileMetadata", file.extended_file_metadata);
    if (file.extended_file_metadata.value_or(false)) {
        json.Field("partitionValues", file.partition_values).Field("size", file.size);
    }
    if (!file.stats.empty()) json.Field("stats", file.stats);
    if (!file.tags.empty()) json.Field("tags", file.tags);
    WriteVector(json, file.deletion_vector);
    json.Field("baseRowId", file.base_row_id);
    json.Field("defaultRowCommitVersion", file.default_row_commit_version).EndObject();
}

void Write(JsonWriter &json, const CdcFile &file) {
    json.Key("cdc").BeginObject();
    json.Field("path", file.path).Field("partitionValues", file.partition_values);
    json.Field("size", file.size).Field("dataChange", false);
    if (!file.tags.empty()) json.Field("tags", file.tags);
    json.EndObject();
}

void Write(JsonWriter &json, const SetTransaction &transaction) {
    json.Key("txn").BeginObject();
    json.Field("appId", transaction.app_id).Field("version", transaction.version);
    json.Field("lastUpdated", transaction.last_updated).EndObject();
}

void Write(JsonWriter &json, const DomainMetadata &domain) {
    json.Key("domainMetadata").BeginObject();
    json.Field("domain", domain.domain).Field("configuration", domain.configuration);
    json.Field("removed", domain.removed).EndObject();
}

void Write(JsonWriter &json, const CommitInfo &info) {
    auto text = [&](std::string_view key, const std::string &value) {
        if (!value.empty()) json.Field(key, value);
    };
    auto object = [&](std::string_view key, const std::string &value) {
        if (!value.empty()) json.Key(key).Raw(value);
    };
    json.Key("commitInfo").BeginObject();
    json.Field("inCommitTimestamp", info.in_commit_timestamp).Field("timestamp", info.timestamp);
    text("userName", info.user_name);
    text("operation", info.operation);
    object("operationParameters", info.operation_parameters);
    json.Field("readVersion", info.read_version);
    text("isolationLevel", info.isolation_level);
    json.Field("isBlindAppend", info.is_blind_append);
    object("operationMetrics", info.operation_metrics);
    text("userMetadata", info.user_metadata);
    text("engineInfo", info.engine_info);
    text("txnId", info.txn_id);
    json.EndObject();
}

void Write(JsonWriter &json, const Sidecar &sidecar) {
    json.Key("sidecar").BeginObject();
    json.Field("path", sidecar.path).Field("sizeInBytes", sidecar.size_in_bytes);
    json.Field("modificationTime", sidecar.modification_time).EndObject();
}

void Write(JsonWriter &json, const CheckpointMetadata &checkpoint) {
    json.Key("checkpointMetadata").BeginObject().Field("version", checkpoint.version).EndObject();
}

}  // namespace

void AppendJson(const Action &action, std::string &out) {
    JsonWriter json(out);
    json.BeginObject();
    std::visit([&](const auto &value) { Write(json, value); }, action);
    json.EndObject();
}

std::string ToJson(const Action &action) {
    std::string out;
    AppendJson(action, out);
    return out;
}

}  // namespace tarn::delta
