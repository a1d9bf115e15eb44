#include "delta/internal/row_masks.h"

#include <algorithm>
#include <utility>

#include "delta/stats.h"
#include "storage/path.h"

namespace tarn::delta {
namespace {

bool Overlap(const DeletionVector &a, const DeletionVector &b) {
    if (a.Empty() || b.Empty()) return false;
    DeletionVector rest = a.Clone();
    rest.Subtract(b);
    return rest.Cardinality() != a.Cardinality();
}

}  // namespace

void RowMasks::Mask(const std::string &table_root, const AddFile &file, DeletionVector rows,
                    std::shared_ptr<const DeletionVector> before) {
    auto [at, fresh] = files_.try_emplace(storage::ActionPathKey(table_root, file.path));
    if (fresh) at->second.add = file;
    if (before) at->second.before = std::move(before);
    at->second.masks.Union(rows);
    at->second.written = false;
}

void RowMasks::Read(const std::string &table_root, const AddFile &file, DeletionVector rows) {
    auto [at, fresh] = files_.try_emplace(storage::ActionPathKey(table_root, file.path));
    if (fresh) at->second.add = file;
    at->second.reads.Union(rows);
}

Result<void> RowMasks::LoadBefore(storage::ObjectStore &store, const std::string &table_root, File &file) const {
    if (file.before || !file.add.deletion_vector) return {};
    TARN_TRY(DeletionVector vector, ReadDeletionVector(store, table_root, *file.add.deletion_vector));
    file.before = std::make_shared<const DeletionVector>(std::move(vector));
    return {};
}

Result<RowMasks::Verdict> RowMasks::Follow(storage::ObjectStore &store, const std::string &table_root, const AddFile &now) {
    File &file = files_.at(storage::ActionPathKey(table_root, now.path));
    bool same_vector = now.deletion_vector == file.add.deletion_vector;
    if (!same_vector) {
        std::shared_ptr<const DeletionVector> vector;
        if (now.deletion_vector) {
            TARN_TRY(DeletionVector read, ReadDeletionVector(store, table_root, *now.deletion_vector));
            vector = std::make_shared<const DeletionVector>(std::move(read));
        }
        TARN_CHECK(LoadBefore(store, table_root, file));
        if (vector && (Overlap(file.masks, *vector) || Overlap(file.reads, *vector))) return Verdict::kSameRows;
        if (file.before) {
            DeletionVector back = file.before->Clone();
            if (vector) back.Subtract(*vector);
            if (!back.Empty()) return Verdict::kRowsCameBack;
        }
        file.before = std::move(vector);
    }
    file.add = now;
    file.written = false;
    return Verdict::kDisjoint;
}

std::set<std::string> RowMasks::WrittenFiles() const {
    std::set<std::string> files;
    for (const auto &[key, file] : files_) {
        if (!file.vector_file.empty()) files.insert(file.vector_file);
    }
    return files;
}

std::vector<std::string> RowMasks::TakeReplaced() {
    std::set<std::string> used = WrittenFiles();
    std::vector<std::string> replaced;
    std::ranges::set_difference(made_, used, std::back_inserter(replaced));
    made_ = std::move(used);
    return replaced;
}

Result<void> RowMasks::Write(storage::ObjectStore &store, const std::string &table_root, int64_t now_ms,
                             std::vector<Action> &actions) {
    std::vector<File *> changed;
    for (auto &[key, file] : files_) {
        if (!file.masks.Empty() && !file.written) changed.push_back(&file);
    }
    if (changed.empty()) return {};
    std::vector<DeletionVector> vectors;
    std::vector<File *> masked;
    for (File *file : changed) {
        TARN_CHECK(LoadBefore(store, table_root, *file));
        DeletionVector vector = file->before ? file->before->Clone() : DeletionVector();
        vector.Union(file->masks);
        std::optional<int64_t> rows = FileStats(file->add.stats).NumRecords();
        if (rows && vector.Cardinality() == static_cast<uint64_t>(*rows)) continue;
        masked.push_back(file);
        vectors.push_back(std::move(vector));
    }
    for (File *file : changed) file->vector_file.clear();
    std::vector<DeletionVectorDescriptor> descriptors;
    if (!masked.empty()) {
        std::vector<const DeletionVector *> pointers;
        for (const DeletionVector &vector : vectors) pointers.push_back(&vector);
        TARN_TRY(descriptors, WriteDeletionVectors(store, table_root, pointers));
        TARN_TRY(auto path, DeletionVectorPath(table_root, descriptors[0]));
        made_.insert(path.value());
        for (File *file : masked) file->vector_file = *path;
    }
    // What earlier attempts said of these files no longer holds.
    std::erase_if(actions, [&](const Action &action) {
        const auto *add = std::get_if<AddFile>(&action);
        const auto *remove = std::get_if<RemoveFile>(&action);
        if (!add && !remove) return false;
        auto known = files_.find(storage::ActionPathKey(table_root, add ? add->path : remove->path));
        return known != files_.end() && !known->second.masks.Empty() && !known->second.written;
    });
    for (File *file : changed) {
        actions.push_back(ToRemove(file->add, now_ms));
        file->written = true;
    }
    for (size_t i = 0; i < masked.size(); i++) {
        AddFile add = masked[i]->add;
        add.deletion_vector = std::move(descriptors[i]);
        add.stats = WithWideBounds(add.stats);
        add.data_change = true;
        actions.push_back(std::move(add));
    }
    return {};
}

}  // namespace tarn::delta
