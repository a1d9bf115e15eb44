// CONVERT TO DELTA: a log over Parquet files that are there already. ANALYZE TABLE: statistics of a table's files.
#include <algorithm>
#include <set>

#include "delta/schema.h"
#include "engine/internal/duck_run.h"
#include "engine/internal/file_stats.h"
#include "engine/internal/maintenance.h"
#include "engine/internal/statements.h"
#include "engine/internal/table_change.h"
#include "storage/path.h"

namespace tarn::engine {
namespace {

std::string_view Relative(const std::string &root, const std::string &path) { return std::string_view(path).substr(root.size() + 1); }

bool IsHidden(std::string_view relative) {
    for (size_t at = 0; at < relative.size();) {
        size_t slash = std::min(relative.find('/', at), relative.size());
        std::string_view part = relative.substr(at, slash - at);
        // A partition of a column whose name begins with "_" is not hidden.
        if (part.starts_with('.') || (part.starts_with('_') && part.find('=') == std::string_view::npos)) return true;
        at = slash + 1;
    }
    return false;
}

// {"p", "1"} of ".../p=1/file.parquet", in order.
std::vector<std::pair<std::string, std::string>> FolderValues(std::string_view relative) {
    std::vector<std::pair<std::string, std::string>> values;
    size_t at = 0;
    for (size_t slash; (slash = relative.find('/', at)) != std::string_view::npos; at = slash + 1) {
        std::string_view part = relative.substr(at, slash - at);
        size_t equals = part.find('=');
        if (equals == std::string_view::npos) continue;
        values.emplace_back(storage::PercentDecode(part.substr(0, equals)), storage::PercentDecode(part.substr(equals + 1)));
    }
    return values;
}

Result<delta::PartitionValues> PartitionOf(std::string_view relative, const std::vector<sql::ColumnDef> &columns) {
    auto values = FolderValues(relative);
    auto fail = [&](const char *condition, const std::string &message) {
        Error error = MakeError(ErrorKind::kInvalidInput, condition, message);
        error.remedy = "Name the partition columns as the folders do: CONVERT TO DELTA … PARTITIONED BY (column TYPE, …).";
        return Fail(std::move(error));
    };
    if (values.size() != columns.size()) {
        return fail("DELTA_UNEXPECTED_NUM_PARTITION_COLUMNS_FROM_FILE_NAME",
                    "Expecting " + std::to_string(columns.size()) + " partition column(s), but found " + std::to_string(values.size()) +
                        " partition column(s) from parsing the file name: " + std::string(relative) + ".");
    }
    delta::PartitionValues partition;
    for (size_t i = 0; i < columns.size(); i++) {
        if (!EqualsIgnoreCase(values[i].first, columns[i].name)) {
            return fail("DELTA_UNEXPECTED_PARTITION_COLUMN_FROM_FILE_NAME",
                        "Expecting partition column " + columns[i].name + ", but found partition column " + values[i].first +
                            " from parsing the file name: " + std::string(relative) + ".");
        }
        bool null = values[i].second == "__HIVE_DEFAULT_PARTITION__";
        partition[columns[i].name] = null ? std::nullopt : std::optional(values[i].second);
    }
    return partition;
}

// DuckDB reads INT96, Spark's old form of an instant, as a wall-clock time.
Result<std::set<std::string>> OldTimestamps(SessionState &session, const std::string &files) {
    TARN_TRY(auto rows, RunToEnd(session.connection, "SELECT DISTINCT name FROM parquet_schema(" + files + ") WHERE type = 'INT96'"));
    std::set<std::string> names;
    for (size_t row = 0; row < rows->RowCount(); row++) names.insert(rows->GetValue(0, row).ToString());
    return names;
}

void AsInstants(DataType &type, const std::set<std::string> &names, const std::string &own = "") {
    if (type.kind == TypeKind::kTimestampNtz && names.contains(own)) type = DataType::Of(TypeKind::kTimestamp);
    for (DataType &child : type.children) AsInstants(child, names, own);
    for (Field &field : type.fields) AsInstants(field.type, names, field.name);
}

Result<DataType> SchemaOfFiles(SessionState &session, const std::vector<storage::ObjectInfo> &files, const std::vector<sql::ColumnDef> &partitions) {
    std::string list;
    for (const storage::ObjectInfo &file : files) list += (list.empty() ? "[" : ", ") + sql::QuoteLiteral(file.path);
    list += "]";
    TARN_TRY(DataType schema, DescribeQuery(session, "SELECT * FROM read_parquet(" + list + ", union_by_name = true, hive_partitioning = false)"));
    TARN_TRY(std::set<std::string> old, OldTimestamps(session, list));
    AsInstants(schema, old);
    for (const sql::ColumnDef &column : partitions) {
        std::erase_if(schema.fields, [&](const Field &field) { return EqualsIgnoreCase(field.name, column.name); });
        schema.fields.push_back({column.name, column.type});
    }
    return StorableSchema(std::move(schema));
}

}  // namespace

Result<ResultPtr> Execute(SessionState &session, const sql::ConvertToDelta &statement) {
    StatementContext context(session);
    if (!statement.is_path) {
        // Every table of the metastore is a Delta table already.
        TARN_CHECK(context.FindTarget(statement.table, false, false));
        return NoRows();
    }
    if (!EqualsIgnoreCase(statement.table.parts.front(), "parquet")) {
        if (EqualsIgnoreCase(statement.table.parts.front(), "delta")) return NoRows();
        return Fail(ErrorKind::kUnsupported, "DELTA_CONVERT_NON_PARQUET_TABLE",
                    "CONVERT TO DELTA only supports parquet tables, but you are trying to convert a " + statement.table.parts.front() +
                        " source: " + statement.table.ToString() + ".");
    }
    TARN_TRY(std::string root, storage::CanonicalPath(statement.table.Last()));
    TARN_TRY(storage::ObjectStore * store, storage::StoreFor(root));
    TARN_TRY(bool is_delta, delta::Log(*store, root).Exists());
    if (is_delta) return NoRows();
    TARN_TRY(std::vector<storage::ObjectInfo> files, store->List(root, {.start_after = "", .recursive = true}));
    std::erase_if(files, [&](const storage::ObjectInfo &file) {
        return file.size == 0 || IsHidden(Relative(root, file.path)) || !file.path.ends_with(".parquet");
    });
    if (files.empty()) {
        return Fail(ErrorKind::kNotFound, "DELTA_EMPTY_DIRECTORY", "No file found in the directory: " + root + ".");
    }
    delta::TableSpec spec;
    TARN_TRY(spec.schema, SchemaOfFiles(session, files, statement.partitioned_by));
    for (const sql::ColumnDef &column : statement.partitioned_by) spec.partition_columns.push_back(column.name);
    spec.deletion_vectors = false;  // Whoever reads the folder today may not know them.
    TARN_TRY(delta::NewTable table, delta::DescribeNewTable(spec, delta::NowMs()));
    std::vector<delta::AddFile> adds;
    for (const storage::ObjectInfo &file : files) {
        delta::AddFile add;
        std::string_view relative = Relative(root, file.path);
        add.path = storage::PercentEncode(relative);
        TARN_TRY(add.partition_values, PartitionOf(relative, statement.partitioned_by));
        add.size = file.size;
        add.modification_time = file.modified_ms;
        adds.push_back(std::move(add));
    }
    if (statement.statistics) {
        TARN_TRY(auto stats, MeasureStats(context, root, table.metadata, adds));
        for (size_t i = 0; i < adds.size(); i++) adds[i].stats = std::move(stats[i]);
    }
    delta::Transaction transaction(*store, root, table);
    for (delta::AddFile &add : adds) transaction.AddExisting(std::move(add));
    OperationParameters parameters = {{"numFiles", std::to_string(files.size())}, {"partitionedBy", NamesParameter(spec.partition_columns)},
                                      {"collectStats", statement.statistics ? "true" : "false"}};
    TARN_CHECK(CommitAndCheckpoint(session, transaction, root, "CONVERT", parameters, {{"numConvertedFiles", static_cast<int64_t>(files.size())}}));
    return NoRows();
}

Result<ResultPtr> Execute(SessionState &session, const sql::AnalyzeTable &statement) {
    StatementContext context(session);
    TARN_TRY(TargetTable target, context.FindTarget(statement.table, statement.is_path, statement.delta));
    // The planner takes its statistics from the log; there are none to keep besides.
    if (!statement.delta) return NoRows();
    std::vector<delta::AddFile> files;
    for (const delta::FilePtr &file : target.snapshot->files) files.push_back(*file);
    if (files.empty()) return NoRows();
    TARN_TRY(auto stats, MeasureStats(context, target.location, target.snapshot->metadata, files));
    TARN_TRY(storage::ObjectStore * store, storage::StoreFor(target.location));
    delta::Transaction transaction(*store, target.snapshot, session.engine.tables->OptionsFor(*target.snapshot));
    for (size_t i = 0; i < files.size(); i++) {
        transaction.ReadFile(files[i]);
        files[i].stats = std::move(stats[i]);
        files[i].data_change = false;
        transaction.AddExisting(std::move(files[i]));
    }
    TARN_CHECK(CommitAndCheckpoint(session, transaction, target.location, "COMPUTE STATS", {{"predicate", "[]"}}, {}));
    return NoRows();
}

}  // namespace tarn::engine
