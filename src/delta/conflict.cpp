#include "delta/internal/conflict.h"

#include <algorithm>

#include "delta/row_ids.h"
#include "storage/path.h"

namespace tarn::delta {
namespace {

template <class T>
bool Any(const std::vector<Action> &actions) {
    return std::ranges::any_of(actions, [](const Action &action) { return std::holds_alternative<T>(action); });
}

std::string Describe(const Winner &winner) {
    std::string out = "version " + std::to_string(winner.version);
    std::string by = winner.info.operation;
    if (!winner.info.engine_info.empty()) by += (by.empty() ? "" : ", ") + winner.info.engine_info;
    return by.empty() ? out : out + " (" + by + ")";
}

std::string PartitionText(const AddFile &file) {
    std::string out;
    for (const auto &[column, value] : file.partition_values) {
        out += (out.empty() ? "" : ", ") + column + "=" + value.value_or("NULL");
    }
    return out;
}

Error Conflict(const Loser &loser, const Winner &winner, std::string_view condition, const std::string &cause,
               std::string remedy = "Run it again.") {
    std::string what = loser.operation.empty() ? "The change" : std::string(loser.operation);
    Error error = MakeError(ErrorKind::kConflict, condition,
                            what + " of " + loser.table_root + " lost a race at version " +
                                std::to_string(winner.version) + ". Cause: " + Describe(winner) + " " + cause + ".");
    error.remedy = std::move(remedy);
    return error;
}

const Winner::Removed *RemovedBy(const Winner &winner, const std::string &key) {
    auto found = std::ranges::find(winner.removed, key, &Winner::Removed::key);
    return found == winner.removed.end() ? nullptr : &*found;
}

// The rows of `winner` that were not in the table before: not those that it only moved, and no file that lost rows.
std::vector<AddFile> NewRows(const Loser &loser, const Winner &winner) {
    std::vector<AddFile> files;
    for (const AddFile &file : winner.adds) {
        if (!file.data_change) continue;
        const Winner::Removed *before = RemovedBy(winner, storage::ActionPathKey(loser.table_root, file.path));
        // Vectors grow, except where a version is restored.
        int64_t masked = file.deletion_vector ? file.deletion_vector->cardinality : 0;
        if (before && masked > before->masked && winner.info.operation != "RESTORE") continue;
        files.push_back(file);
    }
    return files;
}

// A file that `winner` added and that `loser` would have read, had it been there.
std::optional<Error> FindUnreadAdd(const Loser &loser, const Winner &winner) {
    if (loser.isolation == Isolation::kSnapshot || !loser.reads.ReadsFiles()) return std::nullopt;
    bool blind = winner.info.is_blind_append.value_or(false);
    if (loser.isolation == Isolation::kWriteSerializable && blind && !Any<Metadata>(loser.actions)) return std::nullopt;
    std::vector<AddFile> files = NewRows(loser, winner);
    if (files.empty()) return std::nullopt;
    auto conflict = [&](const AddFile &file, std::string_view subclass) {
        std::string place = PartitionText(file);
        if (subclass.empty()) subclass = place.empty() ? "WITHOUT_HINT" : "WITH_PARTITION_HINT";
        return Conflict(loser, winner, "DELTA_CONCURRENT_APPEND." + std::string(subclass),
                        "added a file to " + (place.empty() ? "the table" : "partition " + place) + ", which this change " +
                            (subclass == "ROW_LEVEL_CHANGES" ? "would have changed" : "had read"),
                        place.empty() ? "Run it again."
                                      : "Run it again. To keep the two apart, name the partition in the condition.");
    };
    if (loser.reads.table) return conflict(files[0], "WHOLE_TABLE_READ");
    for (const AddFile &file : files) {
        for (const auto &might_match : loser.reads.predicates) {
            if (might_match(file)) return conflict(file, "");
        }
    }
    for (const auto &matches : loser.reads.new_rows) {
        if (matches(files)) return conflict(files[0], "ROW_LEVEL_CHANGES");
    }
    return std::nullopt;
}

// The path key of a file that `loser` read and from which `winner` took rows.
std::optional<std::string> FindReadRemoved(const Loser &loser, const Winner &winner) {
    std::set<std::string> removed;
    for (const Winner::Removed &file : winner.removed) {
        bool stays = std::ranges::any_of(winner.adds, [&](const AddFile &add) {
            return storage::ActionPathKey(loser.table_root, add.path) == file.key;
        });
        // Where it stays, the rows decide: RowMasks::Follow.
        if (!stays && loser.masks.Contains(file.key)) return file.key;
        // Its rows are elsewhere now, and as they were.
        if (!file.data_change) continue;
        if (loser.reads.table || loser.reads.files.contains(file.key)) return file.key;
        removed.insert(file.key);
    }
    if (removed.empty() || loser.reads.predicates.empty() || loser.snapshot == nullptr) return std::nullopt;
    std::optional<std::string> found;
    loser.snapshot->files.rows().ForEach([&](const FileRow &row) {
        if (found) return;
        std::string key = storage::ActionPathKey(loser.table_root, row.path());
        if (!removed.contains(key)) return;
        AddFile file = row.ToAdd();
        for (const auto &might_match : loser.reads.predicates) {
            if (might_match(file)) found = key;
        }
    });
    return found;
}

std::optional<std::string> FindBothRemoved(const Loser &loser, const Winner &winner) {
    for (const Action &action : loser.actions) {
        const auto *remove = std::get_if<RemoveFile>(&action);
        if (remove == nullptr) continue;
        std::string key = storage::ActionPathKey(loser.table_root, remove->path);
        if (!loser.masks.Masks(key) && RemovedBy(winner, key)) return key;
    }
    return std::nullopt;
}

bool ShareDomain(const Loser &loser, const Winner &winner) {
    for (const Action &action : loser.actions) {
        const auto *ours = std::get_if<DomainMetadata>(&action);
        if (ours == nullptr || ours->domain == kRowTrackingDomain) continue;
        for (const DomainMetadata &theirs : winner.domains) {
            if (theirs.domain == ours->domain) return true;
        }
    }
    return false;
}

}  // namespace

Result<Winner> ParseWinner(std::string_view text, int64_t version, const std::string &table_root,
                           const std::string &path) {
    Winner winner;
    winner.version = version;
    TARN_CHECK(ParseActions(text, path, [&](Action &&action) -> Result<void> {
        if (auto *add = std::get_if<AddFile>(&action)) {
            winner.adds.push_back(std::move(*add));
        } else if (auto *remove = std::get_if<RemoveFile>(&action)) {
            winner.removed.push_back({storage::ActionPathKey(table_root, remove->path), remove->data_change,
                                      remove->deletion_vector ? remove->deletion_vector->cardinality : 0});
        } else if (std::holds_alternative<Metadata>(action)) {
            winner.changes_metadata = true;
        } else if (std::holds_alternative<Protocol>(action)) {
            winner.changes_protocol = true;
        } else if (auto *transaction = std::get_if<SetTransaction>(&action)) {
            winner.applications.insert(transaction->app_id);
        } else if (auto *domain = std::get_if<DomainMetadata>(&action)) {
            winner.domains.push_back(std::move(*domain));
        } else if (auto *info = std::get_if<CommitInfo>(&action)) {
            winner.info = std::move(*info);
        }
        return {};
    }));
    return winner;
}

std::optional<Error> FindConflict(const Loser &loser, const Winner &winner) {
    if (winner.changes_protocol) {
        return Conflict(loser, winner, "DELTA_PROTOCOL_CHANGED", "changed the table's protocol");
    }
    if (winner.changes_metadata) {
        return Conflict(loser, winner, "DELTA_METADATA_CHANGED", "changed the table's schema or properties");
    }
    if (std::optional<Error> conflict = FindUnreadAdd(loser, winner)) return conflict;
    if (std::optional<std::string> path = FindReadRemoved(loser, winner)) {
        return Conflict(loser, winner, "DELTA_CONCURRENT_DELETE_READ.WITHOUT_HINT",
                        "removed or changed the file " + *path + ", which this change had read");
    }
    if (std::optional<std::string> path = FindBothRemoved(loser, winner)) {
        return Conflict(loser, winner, "DELTA_CONCURRENT_DELETE_DELETE.WITHOUT_HINT",
                        "removed the file " + *path + ", which this change removes as well");
    }
    for (const std::string &application : loser.reads.applications) {
        if (winner.applications.contains(application)) {
            return Conflict(loser, winner, "DELTA_CONCURRENT_TRANSACTION",
                            "recorded progress of the same stream, " + application,
                            "Run one instance of the stream at a time.");
        }
    }
    if (ShareDomain(loser, winner)) {
        return Conflict(loser, winner, "DELTA_CONCURRENT_WRITE", "changed the same domain metadata");
    }
    return std::nullopt;
}

Error RowConflict(const Loser &loser, const Winner &winner, RowMasks::Verdict verdict, const AddFile &file) {
    if (verdict == RowMasks::Verdict::kRowsCameBack) {
        return Conflict(loser, winner, "DELTA_CONCURRENT_APPEND.ROW_LEVEL_CHANGES",
                        "brought back rows of the file " + file.path + ", in which this change changes rows");
    }
    return Conflict(loser, winner, "DELTA_CONCURRENT_DELETE_READ.ROW_LEVEL_CHANGES",
                    "changed or deleted rows of the file " + file.path + " that this change had read");
}

Isolation IsolationOf(const Snapshot *snapshot, const std::vector<Action> &actions) {
    bool has_files = false;
    bool changes_data = false;
    for (const Action &action : actions) {
        if (const auto *add = std::get_if<AddFile>(&action)) {
            has_files = true;
            changes_data |= add->data_change;
        } else if (const auto *remove = std::get_if<RemoveFile>(&action)) {
            has_files = true;
            changes_data |= remove->data_change;
        }
    }
    if ((has_files || actions.empty()) && !changes_data) return Isolation::kSnapshot;
    const std::string *level = snapshot == nullptr ? nullptr : snapshot->metadata.Property("delta.isolationLevel");
    if (level != nullptr && EqualsIgnoreCase(*level, "Serializable")) return Isolation::kSerializable;
    return Isolation::kWriteSerializable;
}

}  // namespace tarn::delta
