// DESCRIBE TABLE, HISTORY and DETAIL: columns and types are those of Spark with Delta.
#include <nlohmann/json.hpp>
#include <set>

#include "delta/history.h"
#include "delta/schema.h"
#include "engine/internal/clustering_ddl.h"
#include "engine/internal/statements.h"
#include "engine/internal/table_change.h"
#include "engine/internal/types.h"
#include "sql/parser.h"

namespace tarn::engine {
namespace {

using duckdb::LogicalType;
using duckdb::Value;
using nlohmann::json;
using Cells = std::vector<std::optional<std::string>>;

Column Text(const char *name) { return {name, DataType::Of(TypeKind::kString)}; }

std::string TimeText(int64_t milliseconds) {
    return Value::TIMESTAMP(duckdb::timestamp_t(milliseconds * 1000)).ToString();
}

Value TimeValue(std::optional<int64_t> milliseconds) {
    if (!milliseconds) return Value(LogicalType::TIMESTAMP_TZ);
    return Value::TIMESTAMPTZ(duckdb::timestamp_tz_t(*milliseconds * 1000));
}

Value TextValue(const std::string &text) { return text.empty() ? Value(LogicalType::VARCHAR) : Value(text); }

Value TextList(const std::vector<std::string> &texts) {
    duckdb::vector<Value> values;
    for (const std::string &text : texts) values.emplace_back(text);
    return Value::LIST(LogicalType::VARCHAR, std::move(values));
}

// A JSON object as MAP<STRING, STRING>: texts as they are, other values as JSON.
Value TextMap(const json &object) {
    duckdb::vector<Value> keys, values;
    for (auto &[key, value] : object.items()) {
        keys.emplace_back(key);
        values.push_back(value.is_null() ? Value(LogicalType::VARCHAR) : Value(value.is_string() ? value.get<std::string>() : value.dump()));
    }
    return Value::MAP(LogicalType::VARCHAR, LogicalType::VARCHAR, std::move(keys), std::move(values));
}

Value MapOf(const std::string &object_text) {
    json object = json::parse(object_text.empty() ? "{}" : object_text, nullptr, false);
    return TextMap(object.is_object() ? object : json::object());
}

// A struct of texts that a commit may carry, e.g. "job": {"jobId": "1"}.
Value TextStruct(const json &info, const char *key, const std::vector<const char *> &fields) {
    duckdb::child_list_t<LogicalType> types;
    duckdb::child_list_t<Value> values;
    auto found = info.find(key);
    bool there = found != info.end() && found->is_object();
    for (const char *field : fields) {
        types.emplace_back(field, LogicalType::VARCHAR);
        bool text = there && found->contains(field) && (*found)[field].is_string();
        values.emplace_back(field, text ? Value((*found)[field].get<std::string>()) : Value(LogicalType::VARCHAR));
    }
    return there ? Value::STRUCT(std::move(values)) : Value(LogicalType::STRUCT(std::move(types)));
}

const std::vector<const char *> kJobFields = {"jobId", "jobName", "jobRunId", "runId", "jobOwnerId", "triggerType"};
const std::vector<const char *> kNotebookFields = {"notebookId"};

std::vector<std::string> TableFeatures(const delta::Protocol &protocol) {
    std::set<std::string> names;
    if (protocol.reader_features) names.insert(protocol.reader_features->begin(), protocol.reader_features->end());
    if (protocol.writer_features) names.insert(protocol.writer_features->begin(), protocol.writer_features->end());
    if (!protocol.writer_features) {
        static constexpr std::pair<int, const char *> kSince[] = {
            {2, "appendOnly"},     {2, "invariants"},       {3, "checkConstraints"}, {4, "changeDataFeed"},
            {4, "generatedColumns"}, {5, "columnMapping"}, {6, "identityColumns"}};
        for (auto &[version, feature] : kSince) {
            if (protocol.min_writer_version >= version) names.insert(feature);
        }
    }
    return {names.begin(), names.end()};
}

// "[k=v,…]": the table's properties with its protocol, as DESCRIBE EXTENDED shows them.
std::string PropertiesText(const delta::Snapshot &snapshot) {
    std::map<std::string, std::string> all(snapshot.metadata.configuration.begin(), snapshot.metadata.configuration.end());
    all["delta.minReaderVersion"] = std::to_string(snapshot.protocol.min_reader_version);
    all["delta.minWriterVersion"] = std::to_string(snapshot.protocol.min_writer_version);
    for (const std::string &feature : snapshot.protocol.writer_features.value_or(std::vector<std::string>())) {
        all["delta.feature." + feature] = "supported";
    }
    std::string text;
    for (auto &[key, value] : all) text += (text.empty() ? "" : ",") + key + "=" + value;
    return "[" + text + "]";
}

Result<ResultPtr> DescribeColumn(const DataType &schema, const sql::Name &column) {
    const DataType *type = &schema;
    const Field *field = nullptr;
    for (const std::string &part : column.parts) {
        field = type->FindField(part);
        if (!field) {
            Error error = MakeError(ErrorKind::kInvalidInput, "UNRESOLVED_COLUMN.WITHOUT_SUGGESTION",
                                    "A column with name " + column.ToString() + " cannot be resolved.");
            error.position = column.position;
            return Fail(std::move(error));
        }
        type = &field->type;
    }
    return RowsResult({Text("info_name"), Text("info_value")},
                      {{"col_name", field->name}, {"data_type", field->type.ToString()},
                       {"comment", delta::MetadataText(*field, "comment").value_or("NULL")}});
}

void AddDetailedRows(const catalog::TableEntry &entry, const delta::Snapshot *snapshot, std::vector<Cells> &rows) {
    rows.push_back({"", "", ""});
    rows.push_back({"# Detailed Table Information", "", ""});
    if (entry.name.table.empty()) {
        rows.push_back({"Name", "delta.`" + entry.location + "`", ""});
    } else {
        rows.push_back({"Catalog", entry.name.catalog, ""});
        rows.push_back({"Database", entry.name.schema, ""});
        rows.push_back({"Table", entry.name.table, ""});
        rows.push_back({"Created Time", TimeText(entry.created_at_ms), ""});
    }
    rows.push_back({"Type", entry.name.table.empty() ? "EXTERNAL" : std::string(ToString(entry.kind)), ""});
    if (!entry.comment.empty()) rows.push_back({"Comment", entry.comment, ""});
    if (entry.IsView()) {
        rows.push_back({"View Text", entry.view_text, ""});
        return;
    }
    rows.push_back({"Location", entry.location, ""});
    rows.push_back({"Provider", "delta", ""});
    if (!snapshot) return;
    std::string statistics = std::to_string(snapshot->TotalSize()) + " bytes";
    if (auto count = snapshot->TotalRows()) statistics += ", " + std::to_string(*count) + " rows";
    rows.push_back({"Statistics", statistics, ""});
    rows.push_back({"Table Properties", PropertiesText(*snapshot), ""});
}

// "# Partition Information" and the like: a heading, the column heads, the columns.
void AddColumnRows(const char *heading, const std::vector<std::string> &columns, const DataType &schema, std::vector<Cells> &rows) {
    if (columns.empty()) return;
    rows.push_back({heading, "", ""});
    rows.push_back({"# col_name", "data_type", "comment"});
    for (const std::string &column : columns) {
        const Field *field = schema.FindField(column);
        rows.push_back({column, field ? field->type.ToString() : "", field ? delta::MetadataText(*field, "comment") : std::nullopt});
    }
}

}  // namespace

Result<DataType> SchemaOfName(SessionState &session, StatementContext &context, const sql::Name &name) {
    sql::TableRef table;
    table.name = name;
    sql::Relation relation;
    relation.node = std::move(table);
    TARN_TRY(std::string text, context.From(relation));
    return DescribeQuery(session, "SELECT * FROM " + text);
}

Result<DataType> SchemaOfEntry(SessionState &session, StatementContext &context, const catalog::TableEntry &entry) {
    if (!entry.IsView()) {
        TARN_TRY(delta::SnapshotPtr snapshot, context.SnapshotOf(entry.location));
        return snapshot->metadata.schema;
    }
    TARN_TRY(DataType schema, SchemaOfName(session, context, {{entry.name.catalog, entry.name.schema, entry.name.table}, {}}));
    for (Field &field : schema.fields) {
        auto comment = entry.properties.find(kViewComment + ToLower(field.name));
        if (comment != entry.properties.end()) delta::SetMetadataText(field, "comment", comment->second);
    }
    return schema;
}

Result<ResultPtr> DescribeTable(SessionState &session, const sql::Describe &statement) {
    StatementContext context(session);
    catalog::TableEntry entry;
    delta::SnapshotPtr snapshot;
    DataType schema;
    if (statement.is_path) {
        TARN_TRY(TargetTable target, context.FindTarget(statement.name, true, false));
        entry.location = target.location;
        snapshot = target.snapshot;
        schema = snapshot->metadata.schema;
    } else if (statement.name.parts.size() == 1 && session.temporary_views.contains(ToLower(statement.name.Last()))) {
        TARN_TRY(schema, SchemaOfName(session, context, statement.name));
        entry.kind = catalog::TableKind::kView;
    } else {
        TARN_TRY(entry, context.FindTable(statement.name));
        TARN_TRY(schema, SchemaOfEntry(session, context, entry));
        if (!entry.IsView()) { TARN_TRY(snapshot, context.SnapshotOf(entry.location)); }
    }
    if (!statement.column.empty()) return DescribeColumn(schema, statement.column);
    std::vector<Cells> rows;
    for (const Field &field : schema.fields) {
        rows.push_back({field.name, field.type.ToString(), delta::MetadataText(field, "comment")});
    }
    if (snapshot) {
        AddColumnRows("# Partition Information", snapshot->metadata.partition_columns, schema, rows);
        TARN_TRY(std::vector<std::string> clustering, ClusteringColumnNames(*snapshot));
        AddColumnRows("# Clustering Information", clustering, schema, rows);
    }
    bool detailed = !entry.name.table.empty() || statement.is_path;
    if (statement.extended && detailed) AddDetailedRows(entry, snapshot.get(), rows);
    return RowsResult({Text("col_name"), Text("data_type"), Text("comment")}, std::move(rows));
}

Result<ResultPtr> DescribeHistory(SessionState &session, const sql::Describe &statement) {
    StatementContext context(session);
    TARN_TRY(TargetTable target, context.FindTarget(statement.name, statement.is_path, false));
    TARN_TRY(storage::ObjectStore * store, storage::StoreFor(target.location));
    TARN_TRY(auto entries, delta::ReadHistory(*store, target.location, statement.limit));
    std::vector<std::vector<Value>> rows;
    auto number = [](const std::optional<int64_t> &value) { return value ? Value::BIGINT(*value) : Value(LogicalType::BIGINT); };
    auto text_of = [](const json &info, const char *key) {
        auto found = info.find(key);
        return found != info.end() && found->is_string() ? Value(found->get<std::string>()) : Value(LogicalType::VARCHAR);
    };
    for (auto &entry : entries) {
        delta::CommitInfo info = entry.info.value_or(delta::CommitInfo{});
        json raw = json::parse(info.raw.empty() ? "{}" : info.raw, nullptr, false);
        if (!raw.is_object()) raw = json::object();
        rows.push_back({Value::BIGINT(entry.version), TimeValue(entry.timestamp_ms), text_of(raw, "userId"), TextValue(info.user_name),
                        TextValue(info.operation), MapOf(info.operation_parameters), TextStruct(raw, "job", kJobFields),
                        TextStruct(raw, "notebook", kNotebookFields), text_of(raw, "clusterId"), number(info.read_version),
                        TextValue(info.isolation_level),
                        info.is_blind_append ? Value::BOOLEAN(*info.is_blind_append) : Value(LogicalType::BOOLEAN),
                        MapOf(info.operation_metrics), TextValue(info.user_metadata), TextValue(info.engine_info)});
    }
    LogicalType map = LogicalType::MAP(LogicalType::VARCHAR, LogicalType::VARCHAR);
    return ValuesResult({{"version", LogicalType::BIGINT}, {"timestamp", LogicalType::TIMESTAMP_TZ}, {"userId", LogicalType::VARCHAR},
                         {"userName", LogicalType::VARCHAR}, {"operation", LogicalType::VARCHAR}, {"operationParameters", map},
                         {"job", TextStruct(json::object(), "job", kJobFields).type()},
                         {"notebook", TextStruct(json::object(), "notebook", kNotebookFields).type()},
                         {"clusterId", LogicalType::VARCHAR}, {"readVersion", LogicalType::BIGINT},
                         {"isolationLevel", LogicalType::VARCHAR}, {"isBlindAppend", LogicalType::BOOLEAN}, {"operationMetrics", map},
                         {"userMetadata", LogicalType::VARCHAR}, {"engineInfo", LogicalType::VARCHAR}},
                        std::move(rows));
}

Result<ResultPtr> DescribeDetail(SessionState &session, const sql::Describe &statement) {
    StatementContext context(session);
    TARN_TRY(TargetTable target, context.FindTarget(statement.name, statement.is_path, false));
    const delta::Snapshot &snapshot = *target.snapshot;
    TARN_TRY(std::vector<std::string> clustering, ClusteringColumnNames(snapshot));
    std::vector<Value> row = {
        Value("delta"), Value(snapshot.metadata.id), TextValue(target.name.table.empty() ? "" : target.name.ToString()),
        snapshot.metadata.description ? Value(*snapshot.metadata.description) : Value(LogicalType::VARCHAR), Value(target.location),
        TimeValue(snapshot.metadata.created_time), TimeValue(snapshot.timestamp_ms), TextList(snapshot.metadata.partition_columns),
        TextList(clustering), Value::BIGINT(static_cast<int64_t>(snapshot.files.size())), Value::BIGINT(snapshot.TotalSize()),
        TextMap(json(snapshot.metadata.configuration)), Value::INTEGER(snapshot.protocol.min_reader_version),
        Value::INTEGER(snapshot.protocol.min_writer_version), TextList(TableFeatures(snapshot.protocol))};
    LogicalType texts = LogicalType::LIST(LogicalType::VARCHAR);
    return ValuesResult({{"format", LogicalType::VARCHAR}, {"id", LogicalType::VARCHAR}, {"name", LogicalType::VARCHAR},
                         {"description", LogicalType::VARCHAR}, {"location", LogicalType::VARCHAR},
                         {"createdAt", LogicalType::TIMESTAMP_TZ}, {"lastModified", LogicalType::TIMESTAMP_TZ},
                         {"partitionColumns", texts}, {"clusteringColumns", texts}, {"numFiles", LogicalType::BIGINT},
                         {"sizeInBytes", LogicalType::BIGINT}, {"properties", LogicalType::MAP(LogicalType::VARCHAR, LogicalType::VARCHAR)},
                         {"minReaderVersion", LogicalType::INTEGER}, {"minWriterVersion", LogicalType::INTEGER}, {"tableFeatures", texts}},
                        {std::move(row)});
}

}  // namespace tarn::engine
