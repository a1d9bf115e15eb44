// OPTIMIZE, REORG … APPLY (PURGE) and auto compaction: which files become which.
#include "engine/internal/optimize.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <map>
#include <set>

#include "delta/schema.h"
#include "delta/stats.h"
#include "engine/internal/clustering_ddl.h"
#include "engine/internal/delta_table.h"
#include "engine/internal/duck_run.h"
#include "engine/internal/file_rewrite.h"
#include "engine/internal/row_tracking.h"
#include "engine/internal/settings.h"
#include "engine/internal/statements.h"
#include "sql/parser.h"
#include "sql/render.h"

namespace tarn::engine {
namespace {

using duckdb::LogicalType;
using duckdb::Value;

constexpr int64_t kMaxFileSize = int64_t{1} << 30;     // Spark's own default for compacted files.
constexpr int64_t kOrderedFileSize = 128 << 20;        // Smaller: ordered files are there to be left out.
constexpr int64_t kMinCubeSize = int64_t{100} << 30;   // A cube of this size is not merged with new files again.
constexpr double kMaxDeletedShare = 0.05;
constexpr char kCubeId[] = "ZCUBE_ID";
constexpr char kCubeColumns[] = "ZCUBE_ZORDER_BY";

// ---- The row that OPTIMIZE answers

Value Struct(duckdb::child_list_t<Value> fields) { return Value::STRUCT(std::move(fields)); }
Value NullOf(const Value &example) { return Value(example.type()); }
Value Big(int64_t number) { return Value::BIGINT(number); }

Value SizeStats(const std::vector<int64_t> &sizes) {
    int64_t total = 0;
    for (int64_t size : sizes) total += size;
    bool any = !sizes.empty();
    return Struct({{"min", any ? Big(std::ranges::min(sizes)) : Value(LogicalType::BIGINT)},
                   {"max", any ? Big(std::ranges::max(sizes)) : Value(LogicalType::BIGINT)},
                   {"avg", Value::DOUBLE(any ? static_cast<double>(total) / static_cast<double>(sizes.size()) : 0)},
                   {"totalFiles", Big(static_cast<int64_t>(sizes.size()))},
                   {"totalSize", Big(total)}});
}

struct FileCount {
    int64_t files = 0, bytes = 0;
    void Add(const delta::AddFile &file) { files++, bytes += file.size; }
    Value As(const char *count) const { return Struct({{count, Big(files)}, {"size", Big(bytes)}}); }
};

struct OptimizeReport {
    RewriteResult rewrite;
    int64_t considered = 0, skipped = 0;
    int64_t partitions = 0;
    int64_t started_ms = 0;
    bool zorder = false, cluster = false;
    FileCount cube_files, other_files, merged_files;
    int64_t input_cubes = 0, output_cubes = 0;
};

Value MetricsValue(const OptimizeReport &report, const delta::Metadata &metadata) {
    std::vector<int64_t> added, removed;
    for (auto &file : report.rewrite.added) added.push_back(file.size);
    for (auto &file : report.rewrite.removed) removed.push_back(file->size);
    Value zorder = Struct({{"strategyName", Value("all")},
                           {"inputCubeFiles", report.cube_files.As("num")},
                           {"inputOtherFiles", report.other_files.As("num")},
                           {"inputNumCubes", Big(report.input_cubes)},
                           {"mergedFiles", report.merged_files.As("num")},
                           {"numOutputCubes", Big(report.output_cubes)},
                           {"mergedNumCubes", Value(LogicalType::BIGINT)}});
    Value clustering = Struct({{"inputZCubeFiles", report.cube_files.As("numFiles")},
                               {"inputOtherFiles", report.other_files.As("numFiles")},
                               {"inputNumZCubes", Big(report.input_cubes)},
                               {"mergedFiles", report.merged_files.As("numFiles")},
                               {"numOutputZCubes", Big(report.output_cubes)}});
    Value parallelism = Struct({{"maxClusterActiveParallelism", Big(0)}, {"minClusterActiveParallelism", Big(0)},
                                {"maxSessionActiveParallelism", Big(0)}, {"minSessionActiveParallelism", Big(0)}});
    Value vectors = Struct({{"numDeletionVectorsRemoved", Big(report.rewrite.vectors_removed)},
                            {"numDeletionVectorRowsRemoved", Big(report.rewrite.vector_rows_removed)}});
    auto columns = static_cast<int64_t>(metadata.schema.fields.size());
    delta::StatsOptions stats = delta::StatsOptionsOf(metadata);
    int64_t measured = stats.only ? static_cast<int64_t>(stats.only->size()) : stats.max_columns < 0 ? columns : std::min(columns, stats.max_columns);
    return Struct({{"numFilesAdded", Big(static_cast<int64_t>(added.size()))},
                   {"numFilesRemoved", Big(static_cast<int64_t>(removed.size()))},
                   {"filesAdded", SizeStats(added)},
                   {"filesRemoved", SizeStats(removed)},
                   {"partitionsOptimized", Big(report.partitions)},
                   {"zOrderStats", report.zorder ? zorder : NullOf(zorder)},
                   {"clusteringStats", report.cluster ? clustering : NullOf(clustering)},
                   {"numBins", Big(report.rewrite.bins)},
                   {"numBatches", Big(1)},
                   {"totalConsideredFiles", Big(report.considered)},
                   {"totalFilesSkipped", Big(report.skipped)},
                   {"preserveInsertionOrder", Value::BOOLEAN(false)},
                   {"numFilesSkippedToReduceWriteAmplification", Big(0)},
                   {"numBytesSkippedToReduceWriteAmplification", Big(0)},
                   {"startTimeMs", Big(report.started_ms)},
                   {"endTimeMs", Big(delta::NowMs())},
                   {"totalClusterParallelism", Big(static_cast<int64_t>(std::thread::hardware_concurrency()))},
                   {"totalScheduledTasks", Big(report.rewrite.bins)},
                   {"autoCompactParallelismStats", NullOf(parallelism)},
                   {"deletionVectorStats", report.rewrite.vectors_removed > 0 ? vectors : NullOf(vectors)},
                   {"numTableColumns", Big(columns)},
                   {"numTableColumnsWithStats", Big(measured)}});
}

ResultPtr ReportResult(const OptimizeReport &report, const TargetTable &target) {
    Value metrics = MetricsValue(report, target.snapshot->metadata);
    LogicalType type = metrics.type();
    return ValuesResult({{"path", LogicalType::VARCHAR}, {"metrics", type}}, {{Value(target.location), std::move(metrics)}});
}

// ---- Columns to order by

struct Leaf {
    delta::ColumnPath path;
    const DataType *type = nullptr;
};

void CollectLeaves(const DataType &type, delta::ColumnPath &path, std::vector<Leaf> &leaves) {
    for (const Field &field : type.fields) {
        path.push_back(field.name);
        if (field.type.kind == TypeKind::kStruct) CollectLeaves(field.type, path, leaves);
        else leaves.push_back({path, &field.type});
        path.pop_back();
    }
}

bool SamePath(const delta::ColumnPath &path, const std::vector<std::string> &parts) {
    return std::ranges::equal(path, parts, [](auto &a, auto &b) { return EqualsIgnoreCase(a, b); });
}

std::string PathText(const delta::ColumnPath &path) {
    std::string text;
    for (const std::string &part : path) text += (text.empty() ? "" : ".") + part;
    return text;
}

// Errors: DELTA_ZORDERING_….
Result<std::vector<delta::ColumnPath>> ZOrderColumns(const SessionState &session, const delta::Metadata &metadata,
                                                     const std::vector<sql::Name> &names) {
    DataType data = delta::DataSchema(metadata);
    std::vector<Leaf> leaves;
    delta::ColumnPath path;
    CollectLeaves(data, path, leaves);
    bool check = BoolSetting(session, "spark.databricks.delta.optimize.zorder.checkStatsCollection.enabled", true);
    std::vector<delta::ColumnPath> columns;
    for (const sql::Name &name : names) {
        auto fail = [&](const char *condition, std::string message) {
            Error error = MakeError(ErrorKind::kInvalidInput, condition, std::move(message));
            error.position = name.position;
            return Fail(std::move(error));
        };
        auto is_it = [&](const std::string &column) { return name.parts.size() == 1 && EqualsIgnoreCase(column, name.Last()); };
        if (std::ranges::any_of(metadata.partition_columns, is_it)) {
            return fail("DELTA_ZORDERING_ON_PARTITION_COLUMN",
                        name.ToString() + " is a partition column. Z-Ordering can only be performed on data columns.");
        }
        auto leaf = std::ranges::find_if(leaves, [&](const Leaf &one) { return SamePath(one.path, name.parts); });
        if (leaf == leaves.end()) {
            return fail("DELTA_ZORDERING_COLUMN_DOES_NOT_EXIST", "Z-Ordering column " + name.ToString() + " does not exist in data schema.");
        }
        if (!HasRanges(*leaf->type) || (check && !delta::HasStats(metadata, leaf->path))) {
            return fail("DELTA_ZORDERING_ON_COLUMN_WITHOUT_STATS",
                        "Z-Ordering on " + name.ToString() + " will be ineffective, because statistics are not collected for this column. "
                        "Name it in delta.dataSkippingStatsColumns, put it among the first columns, or raise delta.dataSkippingNumIndexedCols.");
        }
        columns.push_back(leaf->path);
    }
    return columns;
}

std::string ColumnsJson(const std::vector<delta::ColumnPath> &columns) {
    std::vector<std::string> names;
    for (const delta::ColumnPath &path : columns) names.push_back(PathText(path));
    return NamesParameter(names);
}

// ---- Which files

bool ShouldPurge(const delta::AddFile &file) { return DeletedShare(file) > kMaxDeletedShare; }

std::vector<RewriteBin> CompactionBins(const SessionState &session, const delta::Metadata &metadata, std::vector<delta::FilePtr> files) {
    int64_t most = TargetFileSize(session, metadata, "spark.databricks.delta.optimize.maxFileSize", kMaxFileSize);
    int64_t least = delta::ParseByteSize(SettingOr(session, "spark.databricks.delta.optimize.minFileSize", "")).value_or(most);
    std::erase_if(files, [&](const delta::FilePtr &file) { return file->size >= least && !ShouldPurge(*file); });
    return PackFiles(files, most, ShouldPurge);
}

// Whether a leaf of a file, its names from the top joined by ", ", belongs to a column that the table still has. What lies in
// arrays and maps is not looked at.
bool IsKept(std::string_view leaf, const std::vector<Field> &fields) {
    return std::ranges::any_of(fields, [&](const Field &field) {
        std::string name = delta::PhysicalName(field);
        if (leaf == name) return true;
        if (!leaf.starts_with(name + ", ")) return false;
        return field.type.kind != TypeKind::kStruct || IsKept(leaf.substr(name.size() + 2), field.type.fields);
    });
}

// Paths of those files that hold columns which the table dropped: their footers tell. Only where columns have names of their
// own in files can one be dropped without that its files are written again.
Result<std::set<std::string>> FilesWithDroppedColumns(SessionState &session, const delta::Snapshot &snapshot, const std::vector<delta::FilePtr> &files) {
    constexpr size_t kAtOnce = 500;
    std::set<std::string> found;
    if (files.empty() || delta::ColumnMappingOf(snapshot.metadata) == delta::ColumnMapping::kNone) return found;
    std::vector<Field> fields = snapshot.metadata.schema.fields;
    if (auto tracking = RowTrackingOf(snapshot.metadata)) {
        for (Field &field : RowTrackingFields(*tracking)) fields.push_back(std::move(field));
    }
    TARN_TRY(std::shared_ptr<TableScan> scan, ScanOfFiles(snapshot, files));
    for (size_t begin = 0; begin < files.size(); begin += kAtOnce) {
        std::map<std::string, std::string> names;  // By what DuckDB calls the file.
        std::string list;
        for (size_t i = begin; i < std::min(begin + kAtOnce, files.size()); i++) {
            names[scan->files.Path(i)] = files[i]->path;
            list += (list.empty() ? "" : ", ") + sql::QuoteLiteral(scan->files.Path(i));
        }
        TARN_TRY(auto leaves, RunToEnd(session.connection, "SELECT DISTINCT file_name, path_in_schema FROM parquet_metadata([" + list + "])"));
        for (size_t row = 0; row < leaves->RowCount(); row++) {
            if (!IsKept(leaves->GetValue(1, row).ToString(), fields)) found.insert(names[leaves->GetValue(0, row).ToString()]);
        }
    }
    return found;
}

delta::StringMap CubeTags(const std::vector<delta::ColumnPath> &columns) {
    return {{kCubeId, delta::NewUuid()}, {kCubeColumns, ColumnsJson(columns)}};
}

std::string TagOf(const delta::AddFile &file, const char *key) {
    auto found = file.tags.find(key);
    return found == file.tags.end() ? "" : found->second;
}

// A partition is one cube of ordered files. One that an earlier ZORDER BY the same columns left as it is stays.
std::vector<RewriteBin> ZOrderBins(int64_t file_bytes, const std::vector<delta::ColumnPath> &columns,
                                   const std::vector<delta::FilePtr> &files) {
    std::map<delta::PartitionValues, RewriteBin> partitions;
    for (const delta::FilePtr &file : files) partitions[file->partition_values].files.push_back(file);
    std::string wanted = ColumnsJson(columns);
    std::vector<RewriteBin> bins;
    for (auto &[values, bin] : partitions) {
        const std::string cube = TagOf(*bin.files[0], kCubeId);
        bool done = !cube.empty() && std::ranges::all_of(bin.files, [&](const delta::FilePtr &file) {
            return TagOf(*file, kCubeId) == cube && TagOf(*file, kCubeColumns) == wanted && !ShouldPurge(*file);
        });
        if (done) continue;
        bin.file_bytes = file_bytes;
        bin.curve = Curve::kZOrder;
        bin.order_by = columns;
        bin.tags = CubeTags(columns);
        bins.push_back(std::move(bin));
    }
    return bins;
}

// New files, and the cubes that are not much larger than they are: so each row is ordered again only a few times while the
// table grows, and there are never many cubes that overlap. `full`: everything that is not one cube of these columns.
std::vector<RewriteBin> ClusteringBins(int64_t file_bytes, const std::vector<delta::ColumnPath> &columns, bool full,
                                       const std::vector<delta::FilePtr> &files, OptimizeReport &report) {
    std::string wanted = ColumnsJson(columns);
    std::map<std::string, RewriteBin> cubes;
    RewriteBin bin;
    for (const delta::FilePtr &file : files) {
        std::string cube = TagOf(*file, kCubeId);
        bool ours = !cube.empty() && file->clustering_provider.value_or(delta::kClusteringProvider) == delta::kClusteringProvider;
        bool same = ours && TagOf(*file, kCubeColumns) == wanted;
        (same ? report.cube_files : report.other_files).Add(*file);
        if (same && !ShouldPurge(*file)) cubes[cube].files.push_back(file);
        // What was clustered by other columns stays so until OPTIMIZE … FULL.
        else if (full || same || !ours) bin.files.push_back(file);
    }
    report.input_cubes = static_cast<int64_t>(cubes.size());
    if (bin.files.empty() && cubes.size() <= 1) return {};
    std::vector<RewriteBin *> by_size;
    for (auto &[id, cube] : cubes) by_size.push_back(&cube);
    std::ranges::sort(by_size, {}, [](const RewriteBin *cube) { return cube->Bytes(); });
    int64_t bytes = bin.Bytes();
    size_t merged = 0;
    for (RewriteBin *cube : by_size) {
        int64_t size = cube->Bytes();
        if (!full && (size >= kMinCubeSize || size > 2 * bytes)) break;
        bytes += size;
        bin.files.insert(bin.files.end(), cube->files.begin(), cube->files.end());
        merged++;
    }
    if (bin.files.empty() || (merged == 1 && bytes == by_size[0]->Bytes())) return {};
    bin.file_bytes = file_bytes;
    bin.curve = Curve::kHilbert;
    bin.order_by = columns;
    bin.tags = CubeTags(columns);
    bin.clustering_provider = delta::kClusteringProvider;
    std::vector<RewriteBin> bins;
    bins.push_back(std::move(bin));
    return bins;
}

Result<void> Run(StatementContext &context, const TargetTable &target, std::vector<RewriteBin> bins, const std::string &operation,
                 const OperationParameters &parameters, OptimizeReport &report) {
    std::set<delta::PartitionValues> partitions;
    size_t rewritten = 0;
    for (const RewriteBin &bin : bins) {
        partitions.insert(bin.files.front()->partition_values);
        rewritten += bin.files.size();
    }
    TARN_TRY(report.rewrite, RewriteFiles(context, target, std::move(bins), operation, parameters));
    report.partitions = static_cast<int64_t>(partitions.size());
    report.skipped = report.considered - static_cast<int64_t>(rewritten);
    for (auto &file : report.rewrite.removed) report.merged_files.Add(*file);
    return {};
}

}  // namespace

Result<ResultPtr> Execute(SessionState &session, const sql::Optimize &statement) {
    StatementContext context(session);
    OptimizeReport report;
    report.started_ms = delta::NowMs();
    TARN_TRY(TargetTable target, context.FindTarget(statement.table, statement.is_path));
    const delta::Metadata &metadata = target.snapshot->metadata;
    TARN_TRY(auto clustered, delta::ClusteringColumns(*target.snapshot));
    report.cluster = clustered && !clustered->empty();
    bool chooses = clustered && clustered->empty() && metadata.configuration.contains(kClusterByAuto) && !statement.is_path && !statement.where && statement.zorder_by.empty();
    if (chooses) {
        TARN_TRY(auto uses, session.engine.catalog->FilterUses(target.location, DayNow() - kChoiceDays));
        sql::AlterTable choice;
        choice.table = statement.table;
        choice.action = sql::AlterTable::Action::kClusterBy;
        choice.cluster_by = ChosenColumns(metadata, uses);
        choice.cluster_by_auto = true;
        if (!choice.cluster_by.empty()) {
            TARN_CHECK(Execute(session, choice));
            return Execute(session, statement);  // On the table that has columns now.
        }
    }
    if (report.cluster && statement.where) {
        return Fail(ErrorKind::kInvalidInput, "DELTA_CLUSTERING_WITH_PARTITION_PREDICATE",
                    "OPTIMIZE command for Delta table with clustering doesn't support partition predicates. Please remove the predicates: " +
                        sql::ColumnNameOf(*statement.where) + ".");
    }
    if (report.cluster && !statement.zorder_by.empty()) {
        std::string columns;
        for (auto &name : statement.zorder_by) columns += (columns.empty() ? "" : ", ") + name.ToString();
        return Fail(ErrorKind::kInvalidInput, "DELTA_CLUSTERING_WITH_ZORDER_BY",
                    "OPTIMIZE command for Delta table with clustering cannot specify ZORDER BY. Please remove ZORDER BY (" + columns + ").");
    }
    if (statement.full && !report.cluster) {
        return Fail(ErrorKind::kInvalidInput, "DELTA_OPTIMIZE_FULL_NOT_SUPPORTED",
                    "OPTIMIZE FULL is only supported for clustered tables with non-empty clustering columns.");
    }
    TARN_TRY(auto zorder, ZOrderColumns(session, metadata, statement.zorder_by));
    TARN_TRY(std::vector<delta::FilePtr> files, FilesWhere(context, *target.snapshot, statement.where.get()));
    report.considered = static_cast<int64_t>(files.size());
    report.zorder = !zorder.empty();

    OperationParameters parameters = {{"predicate", PredicateParameter(statement.where.get())}, {"zOrderBy", ColumnsJson(zorder)},
                                      {"clusterBy", report.cluster ? ColumnsJson(*clustered) : "[]"}, {"auto", "false"}};
    int64_t ordered_bytes = TargetFileSize(session, metadata, "spark.databricks.delta.optimize.maxFileSize", kOrderedFileSize);
    std::vector<RewriteBin> bins;
    if (report.cluster) {
        parameters["isFull"] = statement.full ? "true" : "false";
        bins = ClusteringBins(ordered_bytes, *clustered, statement.full, files, report);
    } else if (report.zorder) {
        bins = ZOrderBins(ordered_bytes, zorder, files);
        for (const RewriteBin &bin : bins) {
            for (auto &file : bin.files) report.other_files.Add(*file);
        }
    } else {
        bins = CompactionBins(session, metadata, std::move(files));
    }
    TARN_CHECK(Run(context, target, std::move(bins), "OPTIMIZE", parameters, report));
    report.output_cubes = report.zorder ? report.partitions : report.rewrite.bins;
    return ReportResult(report, target);
}

Result<ResultPtr> Execute(SessionState &session, const sql::Reorg &statement) {
    StatementContext context(session);
    OptimizeReport report;
    report.started_ms = delta::NowMs();
    TARN_TRY(TargetTable target, context.FindTarget(statement.table, statement.is_path));
    TARN_TRY(std::vector<delta::FilePtr> files, FilesWhere(context, *target.snapshot, statement.where.get()));
    report.considered = static_cast<int64_t>(files.size());
    TARN_TRY(auto dropped, FilesWithDroppedColumns(session, *target.snapshot, files));
    std::erase_if(files, [&](const delta::FilePtr &file) { return DeletedShare(*file) == 0 && !dropped.contains(file->path); });
    int64_t most = TargetFileSize(session, target.snapshot->metadata, "spark.databricks.delta.optimize.maxFileSize", kMaxFileSize);
    auto bins = PackFiles(files, most, [](const delta::AddFile &) { return true; });
    TARN_CHECK(Run(context, target, std::move(bins), "REORG",
                   {{"predicate", PredicateParameter(statement.where.get())}, {"applyPurge", "true"}}, report));
    return ReportResult(report, target);
}

void AutoCompact(SessionState &session, const TargetTable &target) {
    constexpr int64_t kAutoFileSize = 128 << 20;
    const delta::Metadata &metadata = target.snapshot->metadata;
    const std::string *property = metadata.Property("delta.autoOptimize.autoCompact");
    if (!property) property = metadata.Property("delta.autoOptimize");
    std::string mode = SettingOr(session, "spark.databricks.delta.autoCompact.enabled", property ? *property : "false");
    if (!EqualsIgnoreCase(mode, "true") && !EqualsIgnoreCase(mode, "auto") && !EqualsIgnoreCase(mode, "legacy")) return;
    int64_t most = delta::ParseByteSize(SettingOr(session, "spark.databricks.delta.autoCompact.maxFileSize", "")).value_or(kAutoFileSize);
    int64_t least = delta::ParseByteSize(SettingOr(session, "spark.databricks.delta.autoCompact.minFileSize", "")).value_or(most / 2);
    int64_t enough = delta::ParseByteSize(SettingOr(session, "spark.databricks.delta.autoCompact.minNumFiles", "")).value_or(50);
    std::map<delta::PartitionValues, std::vector<delta::FilePtr>> small;
    for (const delta::FilePtr &file : target.snapshot->files) {
        if (file->size < least || ShouldPurge(*file)) small[file->partition_values].push_back(file);
    }
    std::vector<delta::FilePtr> files;
    for (auto &[values, members] : small) {
        if (static_cast<int64_t>(members.size()) >= enough) files.insert(files.end(), members.begin(), members.end());
    }
    auto bins = PackFiles(files, most, ShouldPurge);
    if (bins.empty()) return;
    auto clustered = delta::ClusteringColumns(*target.snapshot);
    std::string cluster_by = clustered && *clustered ? ColumnsJson(**clustered) : "[]";
    StatementContext context(session);
    auto done = RewriteFiles(context, target, std::move(bins), "OPTIMIZE",
                             {{"predicate", "[]"}, {"zOrderBy", "[]"}, {"clusterBy", cluster_by}, {"auto", "true"}});
    // The write stands; the next one tries again.
    if (!done && done.error().kind != ErrorKind::kConflict) {
        std::fprintf(stderr, "warning: auto compaction of %s: %s\n", target.location.c_str(), done.error().ToString().c_str());
    }
}

}  // namespace tarn::engine
