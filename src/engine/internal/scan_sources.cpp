#include "engine/internal/scan_sources.h"

namespace tarn::engine {

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
