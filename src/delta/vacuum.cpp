#include "delta/vacuum.h"

#include <simdjson.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <unordered_set>

#include "delta/deletion_vector.h"
#include "delta/log.h"
#include "delta/schema.h"
#include "storage/path.h"

namespace tarn::delta {
namespace {

namespace fs = std::filesystem;

constexpr char kLastVacuum[] = "_last_vacuum_info";

// Canonical paths of what must stay.
class Needed {
public:
    explicit Needed(const std::string &root) : root_(root) {}

    Result<void> Keep(const std::string &path, const std::optional<DeletionVectorDescriptor> &vector) {
        TARN_TRY(std::string full, storage::ResolveActionPath(root_, path));
        paths_.insert(std::move(full));
        if (!vector) return {};
        TARN_TRY(auto file, DeletionVectorPath(root_, *vector));
        if (file) paths_.insert(*std::move(file));
        return {};
    }
    bool Has(const std::string &path) const { return paths_.contains(path); }

private:
    const std::string &root_;
    std::unordered_set<std::string> paths_;
};

Result<Needed> NeededBy(const Snapshot &snapshot, int64_t cutoff_ms) {
    Needed needed(snapshot.table_root);
    for (const FilePtr &file : snapshot.files) TARN_CHECK(needed.Keep(file->path, file->deletion_vector));
    for (const TombstonePtr &file : snapshot.tombstones) {
        // Without a time it counts as long ago, as in Spark.
        if (file->deletion_timestamp.value_or(0) >= cutoff_ms) TARN_CHECK(needed.Keep(file->path, file->deletion_vector));
    }
    return needed;
}

class Visible {
public:
    explicit Visible(const Snapshot &snapshot) {
        for (const std::string &column : snapshot.metadata.partition_columns) {
            const Field *field = snapshot.metadata.schema.FindField(column);
            prefixes_.push_back(column + "=");
            if (field) prefixes_.push_back(PhysicalName(*field) + "=");
        }
    }
    // `relative`: below the table's folder.
    bool Covers(std::string_view relative) const {
        while (!relative.empty()) {
            size_t slash = relative.find('/');
            std::string_view part = relative.substr(0, slash);
            if (IsHidden(part)) return false;
            if (slash == std::string_view::npos) break;
            relative.remove_prefix(slash + 1);
        }
        return true;
    }

private:
    bool IsHidden(std::string_view name) const {
        if (!name.starts_with('.') && !name.starts_with('_')) return false;
        if (name == "_change_data" || name.starts_with("_delta_index")) return false;
        return std::ranges::none_of(prefixes_, [&](const std::string &prefix) { return name.starts_with(prefix); });
    }
    std::vector<std::string> prefixes_;
};

std::string_view Below(std::string_view root, std::string_view path) {
    if (path.size() <= root.size() + 1 || !path.starts_with(root) || path[root.size()] != '/') return {};
    return path.substr(root.size() + 1);
}

// A folder that was empty already when the cut-off came is nobody's any more; one that this run empties waits for the next.
void FindEmptyDirectories(const std::string &root, const Visible &visible, int64_t cutoff_ms, VacuumPlan &plan) {
    std::error_code failed;
    fs::recursive_directory_iterator all(root, fs::directory_options::skip_permission_denied, failed), end;
    for (; !failed && all != end; all.increment(failed)) {
        if (!all->is_directory(failed)) continue;
        std::string path = all->path().string();
        if (!visible.Covers(Below(root, path))) {
            all.disable_recursion_pending();
            continue;
        }
        auto written = std::chrono::file_clock::to_sys(fs::last_write_time(path, failed)).time_since_epoch();
        int64_t modified_ms = std::chrono::duration_cast<std::chrono::milliseconds>(written).count();
        if (fs::is_empty(path, failed) && modified_ms < cutoff_ms) plan.empty_directories.push_back(path);
    }
    std::ranges::reverse(plan.empty_directories);
}

std::string LastVacuumPath(const Snapshot &snapshot) {
    return storage::JoinPath(snapshot.table_root, std::string("_delta_log/") + kLastVacuum);
}

std::optional<int64_t> LastVacuum(storage::ObjectStore &store, const Snapshot &snapshot) {
    Result<std::string> text = store.Read(LastVacuumPath(snapshot));
    if (!text) return std::nullopt;
    simdjson::dom::parser parser;
    simdjson::padded_string json(*text);
    int64_t version = 0;
    if (parser.parse(json)["latestCommitVersionOutsideOfRetentionWindow"].get(version) != simdjson::SUCCESS) return std::nullopt;
    return version;
}

}  // namespace

int64_t VacuumPlan::Bytes() const {
    int64_t bytes = 0;
    for (const storage::ObjectInfo &file : files) bytes += file.size;
    return bytes;
}

Result<VacuumPlan> PlanFullVacuum(storage::ObjectStore &store, const Snapshot &snapshot, int64_t cutoff_ms,
                                  const std::vector<storage::ObjectInfo> *listed) {
    const std::string &root = snapshot.table_root;
    TARN_TRY(Needed needed, NeededBy(snapshot, cutoff_ms));
    Visible visible(snapshot);
    std::vector<storage::ObjectInfo> all;
    if (!listed) {
        TARN_TRY(all, store.List(root, {.start_after = "", .recursive = true}));
        listed = &all;
    }
    VacuumPlan plan;
    std::set<std::string_view> directories = {root};
    for (const storage::ObjectInfo &object : *listed) {
        std::string_view relative = Below(root, object.path);
        if (relative.empty() || !visible.Covers(relative)) continue;
        for (size_t slash = relative.rfind('/'); slash != std::string_view::npos; slash = relative.substr(0, slash).rfind('/')) {
            if (!directories.insert(relative.substr(0, slash)).second) break;
        }
        if (object.modified_ms < cutoff_ms && !needed.Has(object.path)) plan.files.push_back(object);
    }
    plan.directories = static_cast<int64_t>(directories.size());
    if (listed == &all && root.starts_with('/')) FindEmptyDirectories(root, visible, cutoff_ms, plan);
    return plan;
}

Result<VacuumPlan> PlanLiteVacuum(storage::ObjectStore &store, const Snapshot &snapshot, int64_t cutoff_ms) {
    Log log(store, snapshot.table_root);
    TARN_TRY(std::vector<CommitFile> commits, log.ListAllCommits());
    int64_t first = LastVacuum(store, snapshot).value_or(-1) + 1;
    if (commits.empty() || commits.front().version > first) {
        return Fail(ErrorKind::kInvalidInput, "DELTA_CANNOT_VACUUM_LITE",
                    "VACUUM LITE cannot delete all eligible files as some files are not referenced by the Delta log. Please run VACUUM FULL.");
    }
    TARN_TRY(Needed needed, NeededBy(snapshot, cutoff_ms));
    VacuumPlan plan;
    plan.directories = 1;
    std::set<std::string> seen;
    auto consider = [&](const std::string &path) -> Result<void> {
        if (Below(snapshot.table_root, path).empty() || needed.Has(path) || !seen.insert(path).second) return {};
        Result<storage::ObjectInfo> info = store.Head(path);
        if (!info && info.error().kind == ErrorKind::kNotFound) return {};
        if (!info) return Fail(std::move(info).error());
        if (info->modified_ms < cutoff_ms) plan.files.push_back(*std::move(info));
        return {};
    };
    for (const CommitFile &commit : commits) {
        // A remove is not older than its commit's predecessor; what a commit after the cut-off removed may still be needed.
        if (commit.version < first || commit.modified_ms >= cutoff_ms) continue;
        TARN_TRY(std::string text, store.Read(commit.path));
        TARN_CHECK(ParseActions(text, commit.path, [&](Action &&action) -> Result<void> {
            if (auto *cdc = std::get_if<CdcFile>(&action)) {
                TARN_TRY(std::string path, storage::ResolveActionPath(snapshot.table_root, cdc->path));
                return consider(path);
            }
            auto *remove = std::get_if<RemoveFile>(&action);
            if (!remove || remove->deletion_timestamp.value_or(0) >= cutoff_ms) return {};
            TARN_TRY(std::string path, storage::ResolveActionPath(snapshot.table_root, remove->path));
            TARN_CHECK(consider(path));
            if (!remove->deletion_vector) return {};
            TARN_TRY(auto vector, DeletionVectorPath(snapshot.table_root, *remove->deletion_vector));
            return vector ? consider(*vector) : Result<void>();
        }));
    }
    return plan;
}

void RememberVacuum(storage::ObjectStore &store, const Snapshot &snapshot, int64_t cutoff_ms) {
    Log log(store, snapshot.table_root);
    Result<std::vector<CommitFile>> commits = log.ListAllCommits();
    if (!commits) return;
    int64_t version = -1;
    for (const CommitFile &commit : *commits) {
        if (commit.modified_ms < cutoff_ms && commit.version <= snapshot.version) version = commit.version;
    }
    if (version < 0) return;
    (void)store.Put(LastVacuumPath(snapshot), "{\"latestCommitVersionOutsideOfRetentionWindow\":" + std::to_string(version) + "}");
}

}  // namespace tarn::delta
