#include "engine/internal/scan_sources.h"

#include "delta/stats.h"
#include "storage/path.h"

namespace tarn::engine {

Result<ScanFiles> ScanFiles::Of(std::string table_root, delta::FileRows rows) {
    TARN_CHECK(rows.LoadStats());
    Result<void> checked;
    rows.ForEach([&](const delta::FileRow &row) {
        if (!checked || storage::IsPlainActionPath(row.path())) return;
        auto path = storage::ResolveActionPath(table_root, row.path());
        if (!path) checked = Fail(std::move(path).error());
    });
    TARN_CHECK(std::move(checked));
    ScanFiles files;
    files.table_root_ = std::move(table_root);
    files.rows_ = std::move(rows);
    return files;
}

ScanFile ScanFiles::at(size_t index) const {
    return {Path(index), row(index).size().value_or(0), RowCount(index), SharedDeleted(index)};
}

std::string ScanFiles::Path(size_t index) const {
    auto path = storage::ResolveActionPath(table_root_, row(index).path());
    TARN_ASSERT(path.has_value());  // Of looked at them all.
    return *std::move(path);
}

int64_t ScanFiles::RowCount(size_t index) const { return delta::FileStats(row(index).stats()).NumRecords().value_or(-1); }

std::shared_ptr<const delta::DeletionVector> ScanFiles::SharedDeleted(size_t index) const {
    auto it = deleted_.find(index);
    return it == deleted_.end() ? nullptr : it->second;
}

ScanSources::Lease::~Lease() {
    std::lock_guard lock(sources_->mutex_);
    for (uint64_t handle : handles_) sources_->entries_.erase(handle);
}

uint64_t ScanSources::Lease::Add(std::shared_ptr<const TableScan> scan) {
    handles_.push_back(sources_->Insert({std::move(scan), nullptr}));
    return handles_.back();
}

uint64_t ScanSources::Lease::Add(std::shared_ptr<const JsonScan> scan) {
    handles_.push_back(sources_->Insert({nullptr, std::move(scan)}));
    return handles_.back();
}

uint64_t ScanSources::Insert(Entry entry) {
    std::lock_guard lock(mutex_);
    entries_.emplace(next_, std::move(entry));
    return next_++;
}

std::shared_ptr<const TableScan> ScanSources::FindTable(uint64_t handle) const {
    std::lock_guard lock(mutex_);
    auto it = entries_.find(handle);
    return it == entries_.end() ? nullptr : it->second.table;
}

std::shared_ptr<const JsonScan> ScanSources::FindJson(uint64_t handle) const {
    std::lock_guard lock(mutex_);
    auto it = entries_.find(handle);
    return it == entries_.end() ? nullptr : it->second.json;
}

}  // namespace tarn::engine
