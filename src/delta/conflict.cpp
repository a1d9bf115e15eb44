#include "delta/internal/conflict.h"

#include <algorithm>

#include "storage/path.h"

namespace tarn::delta {
namespace {

constexpr std::string_view kRowTrackingDomain = "delta.rowTracking";

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

// A file that `winner` added and that `loser` would have read, had it been there.
const AddFile *FindUnreadAdd(const Loser &loser, const Winner &winner) {
    if (loser.isolation == Isolation::kSnapshot) return nullptr;
    bool blind = winner.info.is_blind_append.value_or(false);
    if (loser.isolation == Isolation::kWriteSerializable && blind && !Any<Metadata>(loser.actions)) return nullptr;
    for (const AddFile &file : winner.adds) {
        if (loser.reads.table) return &file;
        for (const auto &might_match : loser.reads.predicates) {
            if (might_match(file)) return &file;
        }
    }
    return nullptr;
}

// The path key of a file that `loser` read and `winner` removed.
std::optional<std::string> FindReadRemoved(const Loser &loser, const Winner &winner) {
    if (winner.removed.empty()) return std::nullopt;
    for (const std::string &path : winner.removed) {
        if (loser.reads.table || loser.reads.files.contains(path)) return path;
    }
    if (loser.reads.predicates.empty() || loser.snapshot == nullptr) return std::nullopt;
    std::set<std::string> removed(winner.removed.begin(), winner.removed.end());
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
        if (std::ranges::find(winner.removed, key) != winner.removed.end()) return key;
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
            winner.removed.push_back(storage::ActionPathKey(table_root, remove->path));
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
    if (const AddFile *file = FindUnreadAdd(loser, winner)) {
        std::string place = PartitionText(*file);
        return Conflict(loser, winner, "DELTA_CONCURRENT_APPEND",
                        "added a file to " + (place.empty() ? "the table" : "partition " + place) +
                            ", which this change had read",
                        place.empty() ? "Run it again."
                                      : "Run it again. To keep the two apart, name the partition in the condition.");
    }
    if (std::optional<std::string> path = FindReadRemoved(loser, winner)) {
        return Conflict(loser, winner, "DELTA_CONCURRENT_DELETE_READ",
                        "removed or changed the file " + *path + ", which this change had read");
    }
    if (std::optional<std::string> path = FindBothRemoved(loser, winner)) {
        return Conflict(loser, winner, "DELTA_CONCURRENT_DELETE_DELETE",
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
