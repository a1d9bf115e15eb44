#include "engine/internal/checkpoint_io.h"

#include <algorithm>
#include <thread>

#include "engine/internal/duck_error.h"
#include "engine/internal/duck_run.h"
#include "sql/render.h"

#include "duckdb/execution/expression_executor_state.hpp"
#include "duckdb/main/extension/extension_loader.hpp"
#include "duckdb/planner/expression/bound_function_expression.hpp"

namespace tarn::engine {
namespace {

using duckdb::idx_t;

// One column of a chunk of rows, whatever its form.
class Column {
public:
    Column(duckdb::Vector &vector, idx_t rows) { vector.ToUnifiedFormat(rows, format_); }
    bool Has(idx_t row) const { return format_.validity.RowIsValid(format_.sel->get_index(row)); }
    template <class T>
    T Get(idx_t row) const {
        return duckdb::UnifiedVectorFormat::GetData<T>(format_)[format_.sel->get_index(row)];
    }
    std::string_view Text(idx_t row) const {
        auto &text = duckdb::UnifiedVectorFormat::GetData<duckdb::string_t>(format_)[format_.sel->get_index(row)];
        return {text.GetData(), text.GetSize()};
    }
    std::optional<int64_t> Long(idx_t row) const { return Has(row) ? std::optional(Get<int64_t>(row)) : std::nullopt; }

private:
    duckdb::UnifiedVectorFormat format_;
};

class MapColumn {
public:
    MapColumn(duckdb::Vector &map, idx_t rows)
        : lists_(map, rows), keys_(duckdb::MapVector::GetKeys(map), duckdb::ListVector::GetListSize(map)),
          values_(duckdb::MapVector::GetValues(map), duckdb::ListVector::GetListSize(map)) {}

    void Read(idx_t row, std::vector<delta::TextPair> &out) const {
        out.clear();
        if (!lists_.Has(row)) return;
        auto list = lists_.Get<duckdb::list_entry_t>(row);
        for (idx_t i = list.offset; i < list.offset + list.length; i++) {
            if (!keys_.Has(i)) continue;
            out.push_back({keys_.Text(i), values_.Has(i) ? std::optional(values_.Text(i)) : std::nullopt});
        }
    }

private:
    Column lists_, keys_, values_;
};

// The arguments of tarn_take_files after the handle, in order. For adds and removes alike; what one lacks is NULL.
struct Argument {
    const char *field;  // Within the action; "" for the row number.
    const char *type;
};
constexpr Argument kArguments[] = {{"", "BIGINT"},
                                   {"path", "VARCHAR"},
                                   {"stats", "VARCHAR"},
                                   {"size", "BIGINT"},
                                   {"time", "BIGINT"},
                                   {"dataChange", "BOOLEAN"},
                                   {"extendedFileMetadata", "BOOLEAN"},
                                   {"partitionValues", "MAP(VARCHAR, VARCHAR)"},
                                   {"tags", "MAP(VARCHAR, VARCHAR)"},
                                   {"storageType", "VARCHAR"},
                                   {"pathOrInlineDv", "VARCHAR"},
                                   {"offset", "BIGINT"},
                                   {"sizeInBytes", "BIGINT"},
                                   {"cardinality", "BIGINT"},
                                   {"baseRowId", "BIGINT"},
                                   {"defaultRowCommitVersion", "BIGINT"},
                                   {"clusteringProvider", "VARCHAR"}};

}  // namespace

// Packs the rows of one kind of action. Each thread has a Packer of its own.
class FileTaker {
public:
    using Send = std::function<void(uint64_t row, delta::FileChunkPtr chunk)>;
    FileTaker(std::string path, std::string table_root, std::shared_ptr<const delta::LateStats> late, Send send)
        : path_(std::move(path)), table_root_(std::move(table_root)), late_(std::move(late)), send_(std::move(send)) {}

    void Take(duckdb::DataChunk &args) {
        Packer &packer = PackerOfThread();
        idx_t rows = args.size();
        duckdb::vector<duckdb::Vector> &in = args.data;
        Column number(in[1], rows), path(in[2], rows), stats(in[3], rows), size(in[4], rows), time(in[5], rows);
        Column data_change(in[6], rows), extended(in[7], rows);
        MapColumn partitions(in[8], rows), tags(in[9], rows);
        Column storage(in[10], rows), dv_path(in[11], rows), offset(in[12], rows), dv_size(in[13], rows), cardinality(in[14], rows);
        Column base_row_id(in[15], rows), commit_version(in[16], rows), provider(in[17], rows);
        delta::DeletionVectorDescriptor vector;
        for (idx_t row = 0; row < rows; row++) {
            if (!path.Has(row)) {
                if (size.Has(row) || time.Has(row)) ThrowThroughDuckDB(Damaged("has no path"));
                continue;
            }
            packer.Begin(number.Get<int64_t>(row), send_);
            delta::FileFields file{.path = path.Text(row), .size = size.Long(row), .time = time.Long(row)};
            if (stats.Has(row)) file.stats = stats.Text(row);
            if (late_) file.late_stats = LateRow(number.Get<int64_t>(row));
            file.data_change = !data_change.Has(row) || data_change.Get<bool>(row);
            if (extended.Has(row)) file.extended_file_metadata = extended.Get<bool>(row);
            partitions.Read(row, packer.partitions);
            tags.Read(row, packer.tags);
            file.partition_values = packer.partitions;
            file.tags = packer.tags;
            // Some writers spell "no vector" as a struct of nulls.
            if (storage.Has(row) || dv_path.Has(row)) {
                bool whole = storage.Has(row) && storage.Text(row).size() == 1 && dv_path.Has(row) && dv_size.Has(row) && cardinality.Has(row);
                if (!whole) ThrowThroughDuckDB(Damaged("has an incomplete deletion vector"));
                vector = {storage.Text(row)[0], std::string(dv_path.Text(row)), std::nullopt,
                          static_cast<int32_t>(dv_size.Get<int64_t>(row)), cardinality.Get<int64_t>(row)};
                if (offset.Has(row)) vector.offset = static_cast<int32_t>(offset.Get<int64_t>(row));
                file.deletion_vector = &vector;
            }
            file.base_row_id = base_row_id.Long(row);
            file.default_row_commit_version = commit_version.Long(row);
            if (provider.Has(row)) file.clustering_provider = provider.Text(row);
            packer.builder.Append(file);
        }
    }

    // After the last Take.
    void Finish() {
        for (auto &[thread, packer] : packers_) packer->Flush(send_);
    }

private:
    struct Packer {
        Packer(const std::string &table_root, std::shared_ptr<const delta::LateStats> late) : builder(table_root, std::move(late)) {}
        void Begin(int64_t number, const Send &send) {
            // Another row group, or a full chunk.
            if (number < next || builder.full()) Flush(send);
            if (builder.size() == 0) first = number;
            next = number;
        }
        void Flush(const Send &send) {
            if (builder.size() > 0) send(static_cast<uint64_t>(first), builder.Finish());
        }
        delta::FileChunkBuilder builder;
        int64_t first = 0, next = 0;
        std::vector<delta::TextPair> partitions, tags;
    };

    Packer &PackerOfThread() {
        std::lock_guard lock(mutex_);
        std::unique_ptr<Packer> &packer = packers_[std::this_thread::get_id()];
        if (!packer) packer = std::make_unique<Packer>(table_root_, late_);
        return *packer;
    }
    uint32_t LateRow(int64_t number) const {
        if (number >= int64_t{delta::LateStats::kMaxRows}) ThrowThroughDuckDB(Damaged("has more rows than this build can address"));
        return static_cast<uint32_t>(number);
    }
    Error Damaged(const std::string &how) const {
        return MakeError(ErrorKind::kCorrupt, "DELTA_CORRUPT_LOG", "A file in the checkpoint " + path_ + " " + how + ".");
    }

    std::string path_, table_root_;
    std::shared_ptr<const delta::LateStats> late_;
    Send send_;
    std::mutex mutex_;
    std::map<std::thread::id, std::unique_ptr<Packer>> packers_;
};

namespace {

struct TakeFilesInfo final : duckdb::ScalarFunctionInfo {
    explicit TakeFilesInfo(FileTakers &takers) : takers(takers) {}
    FileTakers &takers;
};

void TakeFilesFunction(duckdb::DataChunk &args, duckdb::ExpressionState &state, duckdb::Vector &result) {
    result.Reference(duckdb::Value::BOOLEAN(true));
    if (args.size() == 0) return;
    auto &function = state.expr.Cast<duckdb::BoundFunctionExpression>().function;
    auto &takers = function.GetExtraFunctionInfo().Cast<TakeFilesInfo>().takers;
    auto taker = takers.Find(args.data[0].GetValue(0).GetValue<uint64_t>());
    if (!taker) throw duckdb::InternalException("tarn_take_files: unknown handle");
    taker->Take(args);
}

const duckdb::LogicalType *ChildOf(const duckdb::LogicalType &type, std::string_view name) {
    if (type.id() != duckdb::LogicalTypeId::STRUCT) return nullptr;
    for (auto &[child, child_type] : duckdb::StructType::GetChildTypes(type)) {
        if (child == name) return &child_type;
    }
    return nullptr;
}

// Which leaf columns of a Parquet file hold only NULLs, as its footer tells. A checkpoint has room for every kind of action, but
// most of its columns are empty, and maps and lists of nothing cost as much to read as full ones.
class EmptyColumns {
public:
    static Result<EmptyColumns> Of(duckdb::Connection &connection, const std::string &path) {
        TARN_TRY(auto leaves, RunToEnd(connection, "SELECT path_in_schema, coalesce(bool_and(stats_null_count = num_values), false) FROM parquet_metadata(" +
                                                       sql::QuoteLiteral(path) + ") GROUP BY ALL"));
        EmptyColumns columns;
        for (size_t row = 0; row < leaves->RowCount(); row++) {
            columns.leaves_[leaves->GetValue(0, row).ToString() + ", "] = leaves->GetValue(1, row).GetValue<bool>();
        }
        return columns;
    }
    // Whether no row has anything in that field, nor in what is nested in it. "add, deletionVector"; parts are joined as DuckDB joins them.
    bool Has(const std::string &field) const {
        std::string prefix = field + ", ";
        auto it = leaves_.lower_bound(prefix);
        if (it == leaves_.end() || !it->first.starts_with(prefix)) return false;
        for (; it != leaves_.end() && it->first.starts_with(prefix); ++it) {
            if (!it->second) return false;
        }
        return true;
    }

private:
    std::map<std::string, bool> leaves_;  // By path, with a separator after it.
};

// The statistics of an add of this type as JSON text; "" when it has none.
std::string StatsText(const duckdb::LogicalType &add) {
    std::string text = ChildOf(add, "stats") ? "add.stats" : "";
    if (!ChildOf(add, "stats_parsed")) return text;
    std::string parsed = "CASE WHEN add.stats_parsed IS NOT NULL THEN to_json(add.stats_parsed)::VARCHAR END";
    return text.empty() ? parsed : "coalesce(nullif(" + text + ", ''), " + parsed + ")";
}

// The statistics by row, as delta::LateStats wants them. Runs the first time that somebody asks for them.
Result<std::vector<delta::LateStats::Segment>> ReadStats(duckdb::DuckDB &db, const std::string &path, const std::string &stats) {
    constexpr size_t kSegmentRows = size_t{1} << 16;
    return Guard([&]() -> Result<std::vector<delta::LateStats::Segment>> {
        duckdb::Connection connection(db);
        auto result = connection.SendQuery("SELECT file_row_number, CAST(" + stats + " AS VARCHAR) FROM read_parquet(" + sql::QuoteLiteral(path) +
                                           ", file_row_number = true)");
        if (result->HasError()) return Fail(FromDuckError(result->GetErrorObject()));
        std::vector<delta::LateStats::Segment> segments;
        while (auto rows = result->Fetch()) {
            Column numbers(rows->data[0], rows->size()), texts(rows->data[1], rows->size());
            for (idx_t i = 0; i < rows->size(); i++) {
                auto number = static_cast<uint64_t>(numbers.Get<int64_t>(i));
                auto fits = [&] {
                    return segments.back().first_row + segments.back().texts.size() == number && segments.back().texts.size() < kSegmentRows;
                };
                if (segments.empty() || !fits()) segments.push_back({number, {}});
                segments.back().texts.Append(texts.Has(i) ? texts.Text(i) : std::string_view());
            }
        }
        if (result->HasError()) return Fail(FromDuckError(result->GetErrorObject()));
        for (delta::LateStats::Segment &segment : segments) segment.texts.Shrink();
        return segments;
    });
}

// A call of tarn_take_files over the column `action` ("add" or "remove") of this type. Statistics are left where they are.
std::string TakeCall(uint64_t handle, const std::string &action, const duckdb::LogicalType &type, const EmptyColumns &empty) {
    std::string call = "tarn_take_files(CAST(" + std::to_string(handle) + " AS UBIGINT)";
    const duckdb::LogicalType *vector = ChildOf(type, "deletionVector");
    for (const Argument &argument : kArguments) {
        std::string field = argument.field;
        std::string text;
        if (field == "time") field = action == "add" ? "modificationTime" : "deletionTimestamp";
        if (field.empty()) text = "file_row_number";
        else if (ChildOf(type, field) && !empty.Has(action + ", " + field)) text = action + "." + sql::QuoteIdentifier(field);
        else if (vector && ChildOf(*vector, field) && !empty.Has(action + ", deletionVector, " + field)) text = action + ".\"deletionVector\"." + sql::QuoteIdentifier(field);
        if (field == "stats" && action == "add") text.clear();
        if (text.empty()) text = "NULL";
        call += ", CAST(" + text + " AS " + argument.type + ")";
    }
    return call + ")";
}

// What tells whether a row holds that action: a column that it always has.
std::string Presence(const std::string &name, const duckdb::LogicalType &type) {
    static constexpr std::pair<std::string_view, const char *> kAlways[] = {
        {"txn", "appId"},   {"protocol", "minReaderVersion"}, {"domainMetadata", "domain"},
        {"sidecar", "path"}, {"metaData", "id"},              {"checkpointMetadata", "version"}};
    for (auto &[action, field] : kAlways) {
        if (name == action && ChildOf(type, field)) return sql::QuoteIdentifier(name) + "." + sql::QuoteIdentifier(field) + " IS NOT NULL";
    }
    return sql::QuoteIdentifier(name) + " IS NOT NULL";
}

// The rows of the few actions that are no files: found first, by one column of each, so that all others are read only there.
Result<void> SendLines(duckdb::Connection &connection, const std::string &path, const std::string &object, const std::string &presence,
                       delta::CheckpointSink &sink) {
    std::string from = " FROM read_parquet(" + sql::QuoteLiteral(path) + ", file_row_number = true) WHERE (" + presence + ")";
    TARN_TRY(auto range, RunToEnd(connection, "SELECT min(file_row_number), max(file_row_number)" + from));
    if (range->GetValue(0, 0).IsNull()) return {};
    TARN_TRY(auto result, RunToEnd(connection, "SELECT to_json({" + object + "})::VARCHAR" + from + " AND file_row_number BETWEEN " +
                                                   range->GetValue(0, 0).ToString() + " AND " + range->GetValue(1, 0).ToString()));
    std::string lines;
    for (size_t row = 0; row < result->RowCount(); row++) lines += result->GetValue(0, row).ToString() + "\n";
    return sink.Lines(lines);
}

}  // namespace

void RegisterTakeFiles(duckdb::DatabaseInstance &db, FileTakers &takers) {
    using duckdb::LogicalType;
    duckdb::vector<LogicalType> types{LogicalType::UBIGINT};
    for (const Argument &argument : kArguments) {
        std::string_view type = argument.type;
        types.push_back(type == "BIGINT"    ? LogicalType::BIGINT
                        : type == "BOOLEAN" ? LogicalType::BOOLEAN
                        : type == "VARCHAR" ? LogicalType::VARCHAR
                                            : LogicalType::MAP(LogicalType::VARCHAR, LogicalType::VARCHAR));
    }
    duckdb::ScalarFunction take("tarn_take_files", types, LogicalType::BOOLEAN, TakeFilesFunction);
    // Taking is a side effect: never folded, never duplicated, called for NULLs too.
    take.SetVolatile();
    take.SetNullHandling(duckdb::FunctionNullHandling::SPECIAL_HANDLING);
    take.SetExtraFunctionInfo(duckdb::make_shared_ptr<TakeFilesInfo>(takers));
    duckdb::ExtensionLoader loader(db, "tarn");
    loader.RegisterFunction(take);
}

Result<void> DuckCheckpointIo::ReadParquet(const std::string &path, delta::CheckpointSink &sink) {
    return Guard([&]() -> Result<void> {
        duckdb::Connection connection(db_);
        auto prepared = connection.Prepare("SELECT * FROM read_parquet(" + sql::QuoteLiteral(path) + ")");
        if (prepared->HasError()) return Fail(FromDuckError(prepared->error));
        TARN_TRY(EmptyColumns empty, EmptyColumns::Of(connection, path));
        std::string object, presence;
        const duckdb::LogicalType *add = nullptr, *remove = nullptr;
        bool known = false;
        auto &names = prepared->GetNames();
        auto &types = prepared->GetTypes();
        for (size_t i = 0; i < names.size(); i++) {
            if (std::ranges::find(delta::kCheckpointColumns, names[i]) == std::end(delta::kCheckpointColumns)) continue;
            known = true;
            if (empty.Has(names[i])) continue;
            if (names[i] == "add") add = &types[i];
            else if (names[i] == "remove") remove = &types[i];
            else {
                object += (object.empty() ? "" : ", ") + sql::QuoteLiteral(names[i]) + ": " + sql::QuoteIdentifier(names[i]);
                presence += (presence.empty() ? "" : " OR ") + Presence(names[i], types[i]);
            }
        }
        if (!known) {
            return Fail(ErrorKind::kCorrupt, "DELTA_CORRUPT_LOG", "The checkpoint " + path + " has none of a checkpoint's columns.");
        }
        auto take = [&](const std::string &action, const duckdb::LogicalType &type, std::shared_ptr<const delta::LateStats> late,
                        FileTaker::Send send) -> Result<void> {
            auto taker = std::make_shared<FileTaker>(path, sink.table_root(), std::move(late), std::move(send));
            FileTakers::Lease lease(takers_, taker);
            TARN_CHECK(RunToEnd(connection, "SELECT count(*) FROM read_parquet(" + sql::QuoteLiteral(path) +
                                                ", file_row_number = true) WHERE " + TakeCall(lease.handle(), action, type, empty)));
            taker->Finish();
            return {};
        };
        std::shared_ptr<const delta::LateStats> late;
        if (std::string stats = add ? StatsText(*add) : ""; !stats.empty()) {
            late = std::make_shared<const delta::LateStats>([&db = db_, path, stats] { return ReadStats(db, path, stats); });
        }
        if (add) TARN_CHECK(take("add", *add, late, [&](uint64_t row, delta::FileChunkPtr chunk) { sink.Adds(row, std::move(chunk)); }));
        if (remove) TARN_CHECK(take("remove", *remove, nullptr, [&](uint64_t row, delta::FileChunkPtr chunk) { sink.Removes(row, std::move(chunk)); }));
        return object.empty() ? Result<void>() : SendLines(connection, path, object, presence, sink);
    });
}

}  // namespace tarn::engine
