#include "delta/change_feed.h"

#include <algorithm>
#include <map>

#include "delta/log.h"
#include "delta/internal/physical_field.h"
#include "delta/schema.h"
#include "storage/path.h"

namespace tarn::delta {
namespace {

bool KeepsFeed(const Metadata &metadata) { return metadata.BoolProperty("delta.enableChangeDataFeed", false); }

// Whether files of `from` can be read with the columns of `to`: every column is still there, under the same name.
bool ReadsAs(const DataType &from, const DataType &to) {
    if (from.kind != to.kind) return CanWiden(from, to);
    if (from.kind != TypeKind::kStruct) {
        for (size_t i = 0; i < from.children.size(); i++) {
            if (!ReadsAs(from.children[i], to.children[i])) return false;
        }
        return from.IsNested() || from == to || CanWiden(from, to);
    }
    return std::ranges::all_of(from.fields, [&](const Field &field) {
        const Field *same = FieldByPhysicalName(to, PhysicalName(field));
        return same && EqualsIgnoreCase(same->name, field.name) && ReadsAs(field.type, same->type);
    });
}

Result<void> CheckColumns(const Metadata &metadata, const Metadata &read, int64_t start, int64_t end, int64_t version) {
    if (ReadsAs(metadata.schema, read.schema)) return {};
    bool mapped = ColumnMappingOf(read) != ColumnMapping::kNone;
    return Fail(ErrorKind::kInvalidInput,
                mapped ? "DELTA_CHANGE_DATA_FEED_INCOMPATIBLE_SCHEMA_CHANGE" : "DELTA_CHANGE_DATA_FEED_INCOMPATIBLE_DATA_SCHEMA",
                "Retrieving table changes between version " + std::to_string(start) + " and " + std::to_string(end) +
                    " failed because of an incompatible " + (mapped ? "schema change" : "data schema") + ": the rows are read as " +
                    read.schema.ToSql() + ", but version " + std::to_string(version) + " has " + metadata.schema.ToSql() +
                    ". Query the changes before and after that version separately.");
}

struct Commit {
    std::vector<AddFile> adds;
    std::vector<RemoveFile> removes;
    std::vector<CdcFile> changes;
    std::optional<Metadata> metadata;
    std::optional<int64_t> time;
};

Result<Commit> ReadCommit(storage::ObjectStore &store, const CommitFile &file) {
    TARN_TRY(std::string text, store.Read(file.path));
    Commit commit;
    TARN_CHECK(ParseActions(text, file.path, [&](Action &&action) -> Result<void> {
        if (auto *add = std::get_if<AddFile>(&action)) {
            if (add->data_change) commit.adds.push_back(std::move(*add));
        } else if (auto *remove = std::get_if<RemoveFile>(&action)) {
            if (remove->data_change) commit.removes.push_back(std::move(*remove));
        } else if (auto *change = std::get_if<CdcFile>(&action)) {
            commit.changes.push_back(std::move(*change));
        } else if (auto *metadata = std::get_if<Metadata>(&action)) {
            commit.metadata = std::move(*metadata);
        } else if (auto *info = std::get_if<CommitInfo>(&action)) {
            commit.time = info->in_commit_timestamp;
        }
        return {};
    }));
    return commit;
}

AddFile Removed(RemoveFile &&remove) {
    AddFile file;
    file.path = std::move(remove.path);
    file.partition_values = std::move(remove.partition_values);
    file.size = remove.size.value_or(0);
    file.stats = std::move(remove.stats);
    file.deletion_vector = std::move(remove.deletion_vector);
    return file;
}

// What a commit without change files did.
Result<void> AppendDerived(const std::string &root, Commit &&commit, int64_t version, int64_t time, std::vector<ChangeFile> &out) {
    using Kind = ChangeFile::Kind;
    std::map<std::string, RemoveFile> removed;
    for (RemoveFile &remove : commit.removes) {
        std::string key = storage::ActionPathKey(root, remove.path);
        removed.insert_or_assign(std::move(key), std::move(remove));
    }
    for (AddFile &add : commit.adds) {
        auto before = removed.find(storage::ActionPathKey(root, add.path));
        if (before == removed.end()) {
            out.push_back({Kind::kInserted, version, time, std::move(add), std::nullopt});
            continue;
        }
        std::optional<DeletionVectorDescriptor> other = std::move(before->second.deletion_vector);
        removed.erase(before);
        if (add.deletion_vector == other) continue;
        if (add.deletion_vector) out.push_back({Kind::kMasked, version, time, add, other});
        if (other) out.push_back({Kind::kUnmasked, version, time, std::move(add), std::move(other)});
    }
    for (auto &[key, remove] : removed) {
        if (!remove.extended_file_metadata.value_or(false) && !remove.size) {
            return Fail(ErrorKind::kInvalidInput, "DELTA_REMOVE_FILE_CDC_MISSING_EXTENDED_METADATA",
                        "RemoveFile created without extended metadata is ineligible for CDC: " + remove.path + ".");
        }
        out.push_back({Kind::kDeleted, version, time, Removed(std::move(remove)), std::nullopt});
    }
    return {};
}

std::unexpected<Error> ChangesCleanedUp(const std::string &table_root, int64_t version) {
    return Fail(ErrorKind::kNotFound, "DELTA_VERSION_NOT_FOUND",
                "The changes of version " + std::to_string(version) + " of " + table_root + " cannot be told: log clean-up removed its commit.");
}

}  // namespace

Result<std::vector<ChangeFile>> ReadChangeFeed(storage::ObjectStore &store, const Snapshot &at_start, int64_t end, const Metadata &read) {
    int64_t start = at_start.version;
    auto missing = [&](int64_t version) {
        Error error = MakeError(ErrorKind::kInvalidInput, "DELTA_MISSING_CHANGE_DATA",
                                "Error getting change data for range [" + std::to_string(start) + ", " + std::to_string(end) +
                                    "] as change data was not recorded for version [" + std::to_string(version) + "].");
        error.remedy = "If you've enabled change data feed on this table, use DESCRIBE HISTORY to see when it was first enabled. "
                       "Otherwise: ALTER TABLE … SET TBLPROPERTIES (delta.enableChangeDataFeed = true).";
        return Fail(std::move(error));
    };
    if (!KeepsFeed(at_start.metadata)) return missing(start);
    TARN_CHECK(CheckColumns(at_start.metadata, read, start, end, start));
    Log log(store, at_start.table_root);
    TARN_TRY(std::vector<CommitFile> commits, log.ListAllCommits());
    std::vector<ChangeFile> out;
    int64_t time = INT64_MIN, expected = start;
    for (const CommitFile &file : commits) {
        // File times of copied tables come in any order; versions are the truth.
        time = std::max(file.modified_ms, time == INT64_MIN ? time : time + 1);
        if (file.version < start || file.version > end) continue;
        if (file.version != expected++) break;
        TARN_TRY(Commit commit, ReadCommit(store, file));
        if (commit.metadata && file.version > start) {
            if (!KeepsFeed(*commit.metadata)) return missing(file.version);
            TARN_CHECK(CheckColumns(*commit.metadata, read, start, end, file.version));
        }
        int64_t committed = commit.time.value_or(time);
        if (commit.changes.empty()) {
            TARN_CHECK(AppendDerived(at_start.table_root, std::move(commit), file.version, committed, out));
            continue;
        }
        for (CdcFile &change : commit.changes) {
            ChangeFile one{ChangeFile::Kind::kChangeData, file.version, committed, {}, std::nullopt};
            one.file.path = std::move(change.path);
            one.file.partition_values = std::move(change.partition_values);
            one.file.size = change.size;
            out.push_back(std::move(one));
        }
    }
    if (expected != end + 1) return ChangesCleanedUp(at_start.table_root, expected);
    return out;
}

Result<std::optional<std::vector<AddFile>>> AppendedFiles(storage::ObjectStore &store, const std::string &table_root, int64_t after, int64_t end) {
    Log log(store, table_root);
    TARN_TRY(std::vector<CommitFile> commits, log.ListAllCommits());
    std::vector<AddFile> appended;
    int64_t expected = after + 1;
    for (const CommitFile &file : commits) {
        if (file.version <= after || file.version > end) continue;
        if (file.version != expected) break;
        expected++;
        TARN_TRY(Commit commit, ReadCommit(store, file));
        if (!commit.removes.empty()) return std::nullopt;
        for (AddFile &add : commit.adds) appended.push_back(std::move(add));
    }
    if (expected != end + 1) return ChangesCleanedUp(table_root, expected);
    return appended;
}

Result<int64_t> VersionFrom(storage::ObjectStore &store, const std::string &table_root, int64_t timestamp_ms) {
    // The newest before that moment, and one more.
    auto before = VersionAt(store, table_root, timestamp_ms - 1);
    if (before) return *before + 1;
    if (before.error().condition == "DELTA_TIMESTAMP_EARLIER_THAN_COMMIT_RETENTION") {
        Log log(store, table_root);
        TARN_TRY(std::vector<CommitFile> commits, log.ListAllCommits());
        return commits.empty() ? 0 : commits.front().version;
    }
    return Fail(std::move(before).error());
}

}  // namespace tarn::delta
