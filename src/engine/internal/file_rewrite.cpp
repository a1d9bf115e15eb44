#include "engine/internal/file_rewrite.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "delta/schema.h"
#include "delta/stats.h"
#include "engine/internal/delta_table.h"
#include "engine/internal/row_tracking.h"
#include "engine/internal/settings.h"
#include "sql/render.h"
#include "storage/path.h"

namespace tarn::engine {
namespace {

constexpr int kCommitAttempts = 5;

std::optional<int64_t> LiveRows(const delta::AddFile &file) {
    std::optional<int64_t> rows = delta::FileStats(file.stats).NumRecords();
    if (rows && file.deletion_vector) *rows -= file.deletion_vector->cardinality;
    return rows;
}

// Writes one bin; `from` is its scan.
class BinWriter {
public:
    BinWriter(SessionState &session, const TargetTable &target) : session_(session), target_(target) {
        const delta::Metadata &metadata = target.snapshot->metadata;
        // A bin lies in one partition: its files are written as those of a table without partitions.
        data_ = metadata;
        data_.schema = delta::DataSchema(metadata);
        data_.partition_columns.clear();
        // Rows keep their ids in the hidden columns that the table has for that.
        tracking_ = RowTrackingOf(metadata);
        if (tracking_) layout_.extra = RowTrackingFields(*tracking_);
        layout_.codec = SettingOr(session, kCodecSetting, "");
    }

    Result<std::vector<delta::AddFile>> Write(duckdb::Connection &connection, const RewriteBin &bin, const std::string &from) const {
        std::string list;
        for (const Field &field : data_.schema.fields) list += (list.empty() ? "" : ", ") + sql::QuoteIdentifier(field.name);
        if (tracking_) list += ", " + RowTrackingColumns(*tracking_);
        std::string select = "SELECT " + list + " FROM " + from;
        if (bin.curve) {
            TARN_TRY(std::string order, CurveOrder(session_, *bin.curve, target_.snapshot->metadata.schema, bin.order_by, from));
            select += " ORDER BY " + order;
        }
        delta::Metadata metadata = data_;
        int64_t file_bytes = bin.file_bytes > 0 ? bin.file_bytes : std::max<int64_t>(bin.Bytes() * 4, int64_t{1} << 30);
        metadata.configuration["delta.targetFileSize"] = std::to_string(file_bytes);
        std::string folder = FolderOf(*bin.files.front());
        std::string place = target_.location;
        if (!folder.empty()) place = storage::JoinPath(place, storage::PercentDecode(folder.substr(0, folder.size() - 1)));
        TARN_TRY(WrittenFiles written, WriteFiles(connection, place, metadata, select, layout_));
        for (delta::AddFile &file : written.files) {
            file.path = folder + file.path;
            file.partition_values = bin.files.front()->partition_values;
            file.data_change = false;
            file.tags = bin.tags;
            file.clustering_provider = bin.clustering_provider;
        }
        TARN_CHECK(CheckRows(bin, written));
        return std::move(written.files);
    }

private:
    Result<void> CheckRows(const RewriteBin &bin, const WrittenFiles &written) const {
        int64_t expected = 0;
        for (const delta::FilePtr &file : bin.files) {
            std::optional<int64_t> rows = LiveRows(*file);
            if (!rows) return {};
            expected += *rows;
        }
        if (expected == written.rows) return {};
        DiscardFiles(target_.location, written.files);
        return Fail(ErrorKind::kInternal, "INTERNAL_ERROR",
                    "Rewriting files of " + target_.location + " read " + std::to_string(written.rows) + " rows where the log has " +
                        std::to_string(expected) + "; nothing was changed.");
    }

    SessionState &session_;
    const TargetTable &target_;
    delta::Metadata data_;
    std::optional<RowTracking> tracking_;
    FileLayout layout_;
};

// All bins, each with a connection of its own; as many at once as there are cores. Ordered ones one after the other: a sort
// uses every core and much memory by itself.
Result<std::vector<std::vector<delta::AddFile>>> WriteBins(StatementContext &context, const TargetTable &target,
                                                           const std::vector<RewriteBin> &bins) {
    SessionState &session = context.session();
    BinWriter writer(session, target);
    std::vector<std::vector<delta::AddFile>> written(bins.size());
    std::vector<std::optional<Error>> errors(bins.size());
    std::atomic<size_t> next = 0;
    std::atomic<bool> failed = false;
    std::mutex mutex;  // The context registers scans from one thread at a time.
    auto work = [&] {
        duckdb::Connection connection(*session.engine.db);
        for (size_t at; !failed && (at = next++) < bins.size();) {
            auto run = [&]() -> Result<void> {
                TARN_TRY(std::shared_ptr<TableScan> scan, ScanOfFiles(*target.snapshot, bins[at].files));
                std::string from;
                {
                    std::lock_guard lock(mutex);
                    from = context.ScanText(std::move(scan));
                }
                TARN_TRY(written[at], writer.Write(connection, bins[at], from));
                return {};
            };
            if (auto done = run(); !done) {
                errors[at] = std::move(done).error();
                failed = true;
            }
        }
    };
    bool ordered = std::ranges::any_of(bins, [](const RewriteBin &bin) { return bin.curve.has_value(); });
    size_t threads = ordered ? 1 : std::min<size_t>(bins.size(), std::max(1u, std::thread::hardware_concurrency()));
    std::vector<std::thread> others;
    for (size_t i = 1; i < threads; i++) others.emplace_back(work);
    work();
    for (std::thread &other : others) other.join();
    for (auto &error : errors) {
        if (!error) continue;
        for (auto &files : written) DiscardFiles(target.location, files);
        return Fail(*std::move(error));
    }
    return written;
}

bool IsLostFile(const Error &error) {
    return error.condition.starts_with("DELTA_CONCURRENT_DELETE_READ") || error.condition.starts_with("DELTA_CONCURRENT_DELETE_DELETE");
}

}  // namespace

int64_t RewriteBin::Bytes() const {
    int64_t bytes = 0;
    for (const delta::FilePtr &file : files) bytes += file->size;
    return bytes;
}

double DeletedShare(const delta::AddFile &file) {
    if (!file.deletion_vector || file.deletion_vector->cardinality == 0) return 0;
    std::optional<int64_t> rows = delta::FileStats(file.stats).NumRecords();
    return rows && *rows > 0 ? static_cast<double>(file.deletion_vector->cardinality) / static_cast<double>(*rows) : 1;
}

std::vector<RewriteBin> PackFiles(const std::vector<delta::FilePtr> &files, int64_t bin_bytes,
                                  const std::function<bool(const delta::AddFile &)> &purge) {
    std::map<delta::PartitionValues, std::vector<delta::FilePtr>> partitions;
    for (const delta::FilePtr &file : files) partitions[file->partition_values].push_back(file);
    std::vector<RewriteBin> bins;
    for (auto &[values, members] : partitions) {
        std::ranges::stable_sort(members, {}, [](const delta::FilePtr &file) { return file->size; });
        RewriteBin bin;
        int64_t bytes = 0;
        auto close = [&] {
            if (bin.files.size() > 1 || (bin.files.size() == 1 && purge(*bin.files[0]))) bins.push_back(std::move(bin));
            bin = {};
            bytes = 0;
        };
        for (delta::FilePtr &file : members) {
            if (!bin.files.empty() && bytes + file->size > bin_bytes) close();
            bytes += file->size;
            bin.files.push_back(std::move(file));
        }
        close();
    }
    return bins;
}

OperationMetrics RewriteMetrics(const std::vector<delta::AddFile> &added, const std::vector<delta::FilePtr> &removed) {
    OperationMetrics metrics;
    std::vector<int64_t> sizes;
    for (const delta::AddFile &file : added) {
        sizes.push_back(file.size);
        metrics["numAddedBytes"] += file.size;
    }
    metrics["numDeletionVectorsRemoved"] = 0;
    for (const delta::FilePtr &file : removed) {
        metrics["numRemovedBytes"] += file->size;
        metrics["numDeletionVectorsRemoved"] += file->deletion_vector ? 1 : 0;
    }
    metrics["numAddedFiles"] = static_cast<int64_t>(added.size());
    metrics["numRemovedFiles"] = static_cast<int64_t>(removed.size());
    std::ranges::sort(sizes);
    auto at = [&](size_t quarter) { return sizes.empty() ? 0 : sizes[std::min(sizes.size() * quarter / 4, sizes.size() - 1)]; };
    metrics["minFileSize"] = at(0);
    metrics["p25FileSize"] = at(1);
    metrics["p50FileSize"] = at(2);
    metrics["p75FileSize"] = at(3);
    metrics["maxFileSize"] = at(4);
    return metrics;
}

Result<RewriteResult> RewriteFiles(StatementContext &context, const TargetTable &target, std::vector<RewriteBin> bins,
                                   const std::string &operation, const OperationParameters &parameters) {
    SessionState &session = context.session();
    RewriteResult result;
    if (bins.empty()) return result;
    TARN_TRY(storage::ObjectStore * store, storage::StoreFor(target.location));
    TARN_TRY(auto written, WriteBins(context, target, bins));
    std::vector<bool> dropped(bins.size(), false);
    auto discard_all = [&] {
        for (size_t i = 0; i < bins.size(); i++) {
            if (!dropped[i]) DiscardFiles(target.location, written[i]);
        }
    };
    delta::SnapshotPtr snapshot = target.snapshot;
    for (int attempt = 1;; attempt++) {
        result.added.clear();
        result.removed.clear();
        delta::Transaction transaction(*store, snapshot, session.engine.tables->OptionsFor(*snapshot));
        for (size_t i = 0; i < bins.size(); i++) {
            if (dropped[i]) continue;
            for (const delta::FilePtr &file : bins[i].files) {
                transaction.ReadFile(*file);
                transaction.Remove(*file, false);
                result.removed.push_back(file);
            }
            for (const delta::AddFile &file : written[i]) {
                transaction.Add(file);
                result.added.push_back(file);
            }
        }
        result.skipped_bins = std::ranges::count(dropped, true);
        if (result.removed.empty()) return result;
        auto committed = CommitAndCheckpoint(session, transaction, target.location, operation, parameters,
                                             RewriteMetrics(result.added, result.removed));
        if (committed) {
            result.version = committed->version;
            break;
        }
        if (committed.error().kind == ErrorKind::kUnknownOutcome) return Fail(std::move(committed).error());
        if (!IsLostFile(committed.error()) || attempt == kCommitAttempts) {
            discard_all();
            return Fail(std::move(committed).error());
        }
        // Somebody changed files of some bins: those stay as they left them.
        auto now = session.engine.tables->Load(target.location);
        if (!now) {
            discard_all();
            return Fail(std::move(now).error());
        }
        std::set<std::string> there;
        for (const delta::FilePtr &file : (*now)->files) there.insert(delta::FileKey(target.location, file->path, file->deletion_vector));
        for (size_t i = 0; i < bins.size(); i++) {
            auto lost = [&](const delta::FilePtr &file) {
                return !there.contains(delta::FileKey(target.location, file->path, file->deletion_vector));
            };
            if (dropped[i] || std::ranges::none_of(bins[i].files, lost)) continue;
            DiscardFiles(target.location, written[i]);
            dropped[i] = true;
        }
        bool same = (*now)->metadata.schema_string == snapshot->metadata.schema_string && (*now)->protocol == snapshot->protocol;
        if (!same) {
            discard_all();
            return Fail(std::move(committed).error());
        }
        snapshot = *now;
    }
    for (size_t i = 0; i < bins.size(); i++) {
        if (dropped[i]) continue;
        result.bins++;
        for (const delta::FilePtr &file : bins[i].files) {
            if (!file->deletion_vector) continue;
            result.vectors_removed++;
            result.vector_rows_removed += file->deletion_vector->cardinality;
        }
    }
    return result;
}

}  // namespace tarn::engine
