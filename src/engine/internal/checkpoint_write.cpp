// Checkpoint Parquet from a snapshot's files: DuckDB scans their chunks as a table and writes row groups on every core.
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "delta/schema.h"
#include "delta/stats.h"
#include "engine/internal/checkpoint_io.h"
#include "engine/internal/duck_error.h"
#include "engine/internal/duck_run.h"
#include "engine/internal/types.h"
#include "sql/render.h"

#include "duckdb/main/extension/extension_loader.hpp"
#include "duckdb/parallel/task_scheduler.hpp"

namespace tarn::engine {
namespace {

namespace fs = std::filesystem;
using namespace duckdb;

// A file that lives as long as the scope.
class TemporaryFile {
public:
    explicit TemporaryFile(std::string_view suffix) {
        static std::atomic<uint64_t> counter = 0;
        path_ = (fs::temp_directory_path() / ("tarn-" + std::to_string(getpid()) + "-" + std::to_string(counter++))).string() +
                std::string(suffix);
    }
    ~TemporaryFile() { std::remove(path_.c_str()); }
    TemporaryFile(const TemporaryFile &) = delete;
    TemporaryFile &operator=(const TemporaryFile &) = delete;
    const std::string &path() const { return path_; }

private:
    std::string path_;
};

// --- tarn_checkpoint_files(n)

struct GiveInfo final : TableFunctionInfo {
    explicit GiveInfo(FileGivers &givers) : givers(givers) {}
    FileGivers &givers;
};

struct GiveBind final : FunctionData {
    const delta::FileRows *rows = nullptr;
    unique_ptr<FunctionData> Copy() const override {
        auto copy = make_uniq<GiveBind>();
        copy->rows = rows;
        return copy;
    }
    bool Equals(const FunctionData &other) const override { return rows == other.Cast<GiveBind>().rows; }
};

struct GiveGlobal final : GlobalTableFunctionState {
    std::atomic<size_t> next_part = 0;
    idx_t threads = 1;
    idx_t MaxThreads() const override { return threads; }
};

struct GiveLocal final : LocalTableFunctionState {
    const delta::FileRows::Part *part = nullptr;
    size_t at = 0;
};

unique_ptr<FunctionData> Bind(ClientContext &, TableFunctionBindInput &input, duckdb::vector<LogicalType> &types,
                              duckdb::vector<string> &names) {
    auto bind = make_uniq<GiveBind>();
    bind->rows = input.info->Cast<GiveInfo>().givers.Find(static_cast<uint64_t>(input.inputs[0].GetValue<int64_t>()));
    if (!bind->rows) throw InternalException("tarn_checkpoint_files: unknown handle");
    auto texts = LogicalType::MAP(LogicalType::VARCHAR, LogicalType::VARCHAR);
    const std::pair<const char *, LogicalType> kColumns[] = {
        {"path", LogicalType::VARCHAR},        {"stats", LogicalType::VARCHAR},    {"size", LogicalType::BIGINT},
        {"time", LogicalType::BIGINT},         {"extended", LogicalType::BOOLEAN}, {"partitions", texts},
        {"tags", texts},                       {"dv_type", LogicalType::VARCHAR},  {"dv_path", LogicalType::VARCHAR},
        {"dv_offset", LogicalType::INTEGER},   {"dv_size", LogicalType::INTEGER},  {"dv_cardinality", LogicalType::BIGINT},
        {"base_row_id", LogicalType::BIGINT},  {"row_version", LogicalType::BIGINT}, {"provider", LogicalType::VARCHAR}};
    for (auto &[name, type] : kColumns) {
        names.push_back(name);
        types.push_back(type);
    }
    return bind;
}

unique_ptr<GlobalTableFunctionState> InitGlobal(ClientContext &context, TableFunctionInitInput &) {
    auto state = make_uniq<GiveGlobal>();
    state->threads = static_cast<idx_t>(TaskScheduler::GetScheduler(context).NumberOfThreads());
    return state;
}

unique_ptr<LocalTableFunctionState> InitLocal(ExecutionContext &, TableFunctionInitInput &, GlobalTableFunctionState *) {
    return make_uniq<GiveLocal>();
}

template <class T>
void Set(Vector &vector, idx_t row, const std::optional<T> &value) {
    if (value) FlatVector::GetData<T>(vector)[row] = *value;
    else FlatVector::SetNull(vector, row, true);
}

// Texts stay where they are: in the chunk, which the snapshot holds.
void SetText(Vector &vector, idx_t row, std::optional<std::string_view> text) {
    if (text) FlatVector::GetData<string_t>(vector)[row] = string_t(text->data(), static_cast<uint32_t>(text->size()));
    else FlatVector::SetNull(vector, row, true);
}

template <class Map>
void SetMap(Vector &vector, idx_t row, const Map &map) {
    idx_t begin = ListVector::GetListSize(vector);
    ListVector::Reserve(vector, begin + map.size());
    auto &keys = MapVector::GetKeys(vector);
    auto &values = MapVector::GetValues(vector);
    idx_t at = begin;
    for (const auto &[key, value] : map) {
        FlatVector::GetData<string_t>(keys)[at] = StringVector::AddStringOrBlob(keys, key);
        std::optional<std::string> text = value;
        if (text) FlatVector::GetData<string_t>(values)[at] = StringVector::AddStringOrBlob(values, *text);
        else FlatVector::SetNull(values, at, true);
        at++;
    }
    FlatVector::GetData<list_entry_t>(vector)[row] = {begin, map.size()};
    ListVector::SetListSize(vector, at);
}

void SetRow(DataChunk &output, idx_t row, const delta::FileRow &file) {
    auto &out = output.data;
    SetText(out[0], row, file.path());
    SetText(out[1], row, file.stats().empty() ? std::nullopt : std::optional(file.stats()));
    Set(out[2], row, file.size());
    Set(out[3], row, file.time());
    Set(out[4], row, file.extended_file_metadata());
    SetMap(out[5], row, file.AllPartitionValues());
    if (const delta::StringMap *tags = file.tags()) SetMap(out[6], row, *tags);
    else FlatVector::SetNull(out[6], row, true);
    const delta::DeletionVectorDescriptor *vector = file.deletion_vector();
    SetText(out[7], row, vector ? std::optional(std::string_view(&vector->storage_type, 1)) : std::nullopt);
    SetText(out[8], row, vector ? std::optional<std::string_view>(vector->path_or_inline) : std::nullopt);
    Set(out[9], row, vector ? vector->offset : std::nullopt);
    Set(out[10], row, vector ? std::optional(vector->size_in_bytes) : std::nullopt);
    Set(out[11], row, vector ? std::optional(vector->cardinality) : std::nullopt);
    Set(out[12], row, file.base_row_id());
    Set(out[13], row, file.default_row_commit_version());
    SetText(out[14], row, file.clustering_provider());
}

void Scan(ClientContext &, TableFunctionInput &input, DataChunk &output) {
    auto parts = input.bind_data->Cast<GiveBind>().rows->parts();
    auto &global = input.global_state->Cast<GiveGlobal>();
    auto &local = input.local_state->Cast<GiveLocal>();
    if (!local.part || local.at == local.part->size()) {
        size_t next = global.next_part++;
        output.SetCardinality(0);
        if (next >= parts.size()) return;
        local.part = &parts[next];
        local.at = 0;
    }
    idx_t rows = std::min<idx_t>(STANDARD_VECTOR_SIZE, local.part->size() - local.at);
    for (idx_t row = 0; row < rows; row++) SetRow(output, row, (*local.part)[local.at + row]);
    local.at += rows;
    output.SetCardinality(rows);
}

// --- The query

std::string VectorText() {
    return "CASE WHEN dv_type IS NULL THEN NULL ELSE struct_pack(\"storageType\" := dv_type, \"pathOrInlineDv\" := dv_path, "
           "\"offset\" := dv_offset, \"sizeInBytes\" := dv_size, cardinality := dv_cardinality) END";
}

// {"a":"BIGINT","s":{"b":"DATE"}} for the columns of `type` that `leaf` gives a type for.
template <class Leaf>
std::string StatsShape(const DataType &type, const std::vector<std::vector<std::string>> &columns, std::vector<std::string> &path,
                       const Leaf &leaf) {
    std::string out;
    for (const Field &field : type.fields) {
        path.push_back(field.name);
        std::string shape;
        if (field.type.kind == TypeKind::kStruct) shape = StatsShape(field.type, columns, path, leaf);
        else if (std::ranges::find(columns, path) != columns.end()) shape = leaf(field.type);
        path.pop_back();
        if (shape.empty() || shape == "{}") continue;
        duckdb::string key = field.name;
        std::string quoted = "\"";
        for (char c : key) quoted += (c == '"' || c == '\\') ? std::string("\\") + c : std::string(1, c);
        out += (out.empty() ? "" : ",") + quoted + "\":" + shape;
    }
    return "{" + out + "}";
}

// The statistics' JSON as typed columns, as delta.checkpoint.writeStatsAsStruct wants them.
std::string ParsedStats(const delta::Metadata &metadata) {
    DataType data = delta::PhysicalSchema(delta::DataSchema(metadata));
    auto columns = delta::StatsColumns(data, delta::StatsOptionsOf(metadata));
    std::vector<std::string> path;
    std::string bounds = StatsShape(data, columns, path, [](const DataType &type) -> std::string {
        return delta::HasBounds(type.kind) ? "\"" + sql::RenderType(type) + "\"" : "";
    });
    std::string counts = StatsShape(data, columns, path, [](const DataType &) { return "\"BIGINT\""; });
    std::string shape = "{\"numRecords\":\"BIGINT\",\"tightBounds\":\"BOOLEAN\"";
    if (bounds != "{}") shape += ",\"minValues\":" + bounds + ",\"maxValues\":" + bounds;
    if (counts != "{}") shape += ",\"nullCount\":" + counts;
    return "json_transform(stats, " + sql::QuoteLiteral(shape + "}") + ")";
}

std::string ParsedPartitions(const delta::Metadata &metadata) {
    std::string fields;
    for (const std::string &column : metadata.partition_columns) {
        const Field *field = metadata.schema.FindField(column);
        if (!field) continue;
        std::string name = delta::PhysicalName(*field);
        fields += (fields.empty() ? "" : ", ") + sql::QuoteIdentifier(name) + " := TRY_CAST(nullif(partitions[" + sql::QuoteLiteral(name) +
                  "], '') AS " + sql::RenderType(field->type) + ")";
    }
    return "struct_pack(" + fields + ")";
}

std::string AddText(const delta::CheckpointRows &rows) {
    std::string text = "struct_pack(path := path, \"partitionValues\" := partitions, size := size, \"modificationTime\" := \"time\", "
                       "\"dataChange\" := false, tags := tags, \"deletionVector\" := " + VectorText() +
                       ", \"baseRowId\" := base_row_id, \"defaultRowCommitVersion\" := row_version, \"clusteringProvider\" := provider";
    if (rows.stats_as_json) text += ", stats := stats";
    if (rows.stats_as_struct) text += ", stats_parsed := " + ParsedStats(*rows.metadata);
    if (rows.stats_as_struct && !rows.metadata->partition_columns.empty()) {
        text += ", \"partitionValues_parsed\" := " + ParsedPartitions(*rows.metadata);
    }
    return text + ")";
}

std::string RemoveText() {
    return "struct_pack(path := path, \"deletionTimestamp\" := \"time\", \"dataChange\" := false, \"extendedFileMetadata\" := "
           "extended, \"partitionValues\" := partitions, size := size, \"deletionVector\" := " + VectorText() +
           ", \"baseRowId\" := base_row_id, \"defaultRowCommitVersion\" := row_version)";
}

// DuckDB's reader takes a buffer of twice the longest object for every thread, so that length is not guessed generously.
std::string LinesSource(const std::string &path, const std::string &lines) {
    size_t longest = size_t{1} << 20;
    for (size_t begin = 0, end; begin < lines.size(); begin = end + 1) {
        end = std::min(lines.find('\n', begin), lines.size());
        longest = std::max(longest, end - begin + 2);
    }
    std::string columns;
    for (const Field &field : delta::CheckpointSchema().fields) {
        columns += (columns.empty() ? "" : ", ") + sql::QuoteLiteral(field.name) + ": " + sql::QuoteLiteral(sql::RenderType(field.type));
    }
    return "SELECT * FROM read_json(" + sql::QuoteLiteral(path) +
           ", format = 'newline_delimited', maximum_object_size = " + std::to_string(longest) + ", columns = {" + columns + "})";
}

}  // namespace

void RegisterGiveFiles(DatabaseInstance &db, FileGivers &givers) {
    TableFunction give("tarn_checkpoint_files", {LogicalType::BIGINT}, Scan, Bind, InitGlobal, InitLocal);
    give.function_info = make_shared_ptr<GiveInfo>(givers);
    ExtensionLoader loader(db, "tarn");
    loader.RegisterFunction(give);
}

Result<std::string> DuckCheckpointIo::WriteParquet(const delta::CheckpointRows &rows) {
    static const delta::FileRows kNone;
    FileGivers::Lease adds(givers_, rows.adds ? rows.adds : &kNone), removes(givers_, rows.removes ? rows.removes : &kNone);
    return Guard([&]() -> Result<std::string> {
        TemporaryFile lines(".json"), parquet(".parquet");
        auto files = [](const FileGivers::Lease &lease) { return " FROM tarn_checkpoint_files(" + std::to_string(lease.handle()) + ")"; };
        std::string query = "SELECT " + AddText(rows) + " AS add" + files(adds) + " UNION ALL BY NAME SELECT " + RemoveText() +
                            " AS remove" + files(removes);
        if (!rows.lines.empty()) {
            std::ofstream(lines.path(), std::ios::binary) << rows.lines;
            query += " UNION ALL BY NAME " + LinesSource(lines.path(), rows.lines);
        }
        duckdb::Connection connection(db_);
        TARN_CHECK(RunToEnd(connection, "COPY (" + query + ") TO " + sql::QuoteLiteral(parquet.path()) + " (FORMAT tarn_parquet)"));
        std::ifstream in(parquet.path(), std::ios::binary);
        return std::string(std::istreambuf_iterator<char>(in), {});
    });
}

}  // namespace tarn::engine
