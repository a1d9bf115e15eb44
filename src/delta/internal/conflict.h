// delta/internal/conflict.h: does what a winner committed invalidate a change that lost the race?
//
// The rules are Delta's, at the granularity of rows where the loser masks rows (docs/adr/0008): see the table in
// tests/unit/delta/delta_conflict_test.cpp. What FindConflict lets pass still has to Follow the winners' vectors.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "delta/action.h"
#include "delta/internal/row_masks.h"
#include "delta/snapshot.h"
#include "delta/transaction.h"

namespace tarn::delta {

enum class Isolation : uint8_t {
    kWriteSerializable,  // Blind appends of others may be ordered after this change although they won.
    kSerializable,
    kSnapshot,           // Changes no data (OPTIMIZE): what others add does not matter.
};

// What a winner's commit says, as far as conflicts go.
struct Winner {
    int64_t version = 0;
    std::vector<AddFile> adds;
    struct Removed {
        std::string key;  // storage::ActionPathKey.
        bool data_change = true;
        int64_t masked = 0;  // Rows that its vector had masked.
    };
    std::vector<Removed> removed;
    bool changes_metadata = false;
    bool changes_protocol = false;
    std::set<std::string> applications;
    std::vector<DomainMetadata> domains;
    CommitInfo info;  // Empty when the writer left none.
};
Result<Winner> ParseWinner(std::string_view text, int64_t version, const std::string &table_root,
                           const std::string &path);

// What the loser wants to do.
struct Loser {
    const std::string &table_root;
    const Snapshot *snapshot;  // nullptr when it creates the table.
    const ReadSet &reads;
    const std::vector<Action> &actions;
    Isolation isolation;
    std::string_view operation;
    const RowMasks &masks;
};

// nullopt: the change still holds on top of the winner's. Otherwise a kConflict error with its cause and remedy.
std::optional<Error> FindConflict(const Loser &loser, const Winner &winner);

// The conflict where both want the same rows, or the winner has brought back rows of a file that the loser masks rows of.
Error RowConflict(const Loser &loser, const Winner &winner, RowMasks::Verdict verdict, const AddFile &file);

Isolation IsolationOf(const Snapshot *snapshot, const std::vector<Action> &actions);

}  // namespace tarn::delta
