#include "ai/internal/store.h"
#include "ai/service.h"

namespace tarn::ai {

void Meter::CountFree(const std::string &function, const std::string &endpoint, const std::string &model, bool cached, int64_t calls) {
    if (calls == 0) return;
    std::lock_guard lock(mutex_);
    UsageRow &row = free_[function + '\n' + endpoint + '\n' + model];
    if (row.function.empty()) row = {NowMs(), function, endpoint, model, 0, 0, 0, cached, 0, 0, caller_, ""};
    row.calls += calls;
    if (!cached) local_models_.insert(model);
}

std::vector<UsageRow> Meter::TakeFree() {
    std::lock_guard lock(mutex_);
    std::vector<UsageRow> rows;
    for (auto &[name, row] : free_) {
        row.latency_ms = NowMs() - row.at_ms;
        rows.push_back(std::move(row));
    }
    free_.clear();
    return rows;
}

std::set<std::string> Meter::local_models() const {
    std::lock_guard lock(mutex_);
    return local_models_;
}

bool Meter::Reserve(NanoUsd amount) {
    std::lock_guard lock(mutex_);
    if (spent_ + reserved_ + amount > static_cast<NanoUsd>(budget_.query * kNanoPerUsd)) return false;
    reserved_ += amount;
    return true;
}

void Meter::Settle(NanoUsd reserved, NanoUsd spent) {
    std::lock_guard lock(mutex_);
    reserved_ -= reserved;
    spent_ += spent;
}

NanoUsd Meter::spent() const {
    std::lock_guard lock(mutex_);
    return spent_;
}

bool Meter::waiting_can_help(NanoUsd amount) const {
    std::lock_guard lock(mutex_);
    return spent_ + amount <= static_cast<NanoUsd>(budget_.query * kNanoPerUsd);
}

}  // namespace tarn::ai
