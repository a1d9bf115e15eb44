// engine/internal/turnstiles.h: one lock for each table, for those who have to take turns.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace tarn::engine {

// Threads: any. Memory: one entry for each table that somebody waits for.
class Turnstiles {
public:
    // Holds the table's turn from construction to destruction. Blocks.
    class Turn {
    public:
        Turn(Turnstiles &all, std::string location) : all_(all), location_(std::move(location)) {
            {
                std::lock_guard lock(all_.mutex_);
                gate_ = all_.gates_[location_].lock();
                if (!gate_) all_.gates_[location_] = gate_ = std::make_shared<std::mutex>();
            }
            gate_->lock();
        }
        ~Turn() {
            gate_->unlock();
            gate_.reset();
            std::lock_guard lock(all_.mutex_);
            auto gate = all_.gates_.find(location_);
            if (gate != all_.gates_.end() && gate->second.expired()) all_.gates_.erase(gate);
        }
        Turn(const Turn &) = delete;
        Turn &operator=(const Turn &) = delete;

    private:
        Turnstiles &all_;
        std::string location_;
        std::shared_ptr<std::mutex> gate_;
    };

private:
    std::mutex mutex_;
    std::map<std::string, std::weak_ptr<std::mutex>> gates_;
};

}  // namespace tarn::engine
