// delta/internal/row_masks.h: the rows of files that one change masks or has read, carried from version to version.
//
// A change that lost a race to another one of the same data files is not lost while their rows differ: its rows join the
// vectors that the winner left. Threads: one at a time.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "delta/action.h"
#include "delta/deletion_vector.h"
#include "storage/object_store.h"

namespace tarn::delta {

class RowMasks {
public:
    // `before`: the vector that `file` has; nullptr when it has none, or when it should be loaded if it is ever needed.
    void Mask(const std::string &table_root, const AddFile &file, DeletionVector rows, std::shared_ptr<const DeletionVector> before);
    void Read(const std::string &table_root, const AddFile &file, DeletionVector rows);

    bool empty() const { return files_.empty(); }
    // By storage::ActionPathKey: whether rows of the file are masked or read; whether any is masked.
    bool Contains(const std::string &key) const { return files_.contains(key); }
    bool Masks(const std::string &key) const {
        auto found = files_.find(key);
        return found != files_.end() && !found->second.masks.Empty();
    }

    enum class Verdict : uint8_t { kDisjoint, kSameRows, kRowsCameBack };
    // Somebody else has left the file as `now` says.
    // Errors: those of ReadDeletionVector.
    Result<Verdict> Follow(storage::ObjectStore &store, const std::string &table_root, const AddFile &now);

    // Writes the vectors that are new since the last call into one file, and puts the actions that publish them in
    // place of older ones. A file without any row left is removed.
    Result<void> Write(storage::ObjectStore &store, const std::string &table_root, int64_t now_ms, std::vector<Action> &actions);
    // Files of vectors that later calls of Write have replaced altogether; the caller may delete them where their attempt is
    // known to have failed.
    std::vector<std::string> TakeReplaced();
    // The files that hold what the actions name.
    std::set<std::string> WrittenFiles() const;

private:
    struct File {
        AddFile add;                                    // As the newest version that was looked at has it.
        std::shared_ptr<const DeletionVector> before;  // add's vector, where it was loaded.
        DeletionVector masks, reads;                    // Disjoint from `before`.
        bool written = false;                           // The actions say so,
        std::string vector_file;                        // with a vector in this file; "" for none.
    };
    Result<void> LoadBefore(storage::ObjectStore &store, const std::string &table_root, File &file) const;

    std::map<std::string, File> files_;
    std::set<std::string> made_;  // Every file that was written and not yet reported as replaced.
};

}  // namespace tarn::delta
