// delta/vacuum.h: which files below a table's folder no version within its retention needs any more.
//
// A file is needed when it is active, when a remove of it is younger than the cut-off, or when it is younger itself: a
// writer may be about to commit it. Deletion vectors follow their data files. Hidden files and folders (names that begin
// with "." or "_") are left alone, except change data and partitions of columns with such names.
// Threads: pure functions over a Snapshot and a store.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "delta/snapshot.h"
#include "storage/object_store.h"

namespace tarn::delta {

struct VacuumPlan {
    std::vector<storage::ObjectInfo> files;          // To delete; paths are canonical.
    std::vector<std::string> empty_directories;      // Local ones, deepest first.
    int64_t directories = 0;                         // Seen, the table's own included.

    int64_t Bytes() const;
};

// Of what lies in the table's folder, or of `listed` if given (an inventory: canonical paths, sizes and times).
// Errors: of the store.
Result<VacuumPlan> PlanFullVacuum(storage::ObjectStore &store, const Snapshot &snapshot, int64_t cutoff_ms,
                                  const std::vector<storage::ObjectInfo> *listed = nullptr);

// Only what commits removed before the cut-off, without a listing of the folder.
// Errors: kInvalidInput [DELTA_CANNOT_VACUUM_LITE] when clean-up of the log has forgotten some removed files.
Result<VacuumPlan> PlanLiteVacuum(storage::ObjectStore &store, const Snapshot &snapshot, int64_t cutoff_ms);

// What a later LITE may start from: the newest version before the cut-off. Best effort.
void RememberVacuum(storage::ObjectStore &store, const Snapshot &snapshot, int64_t cutoff_ms);

}  // namespace tarn::delta
