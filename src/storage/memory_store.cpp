#include "storage/memory_store.h"

#include "storage/path.h"

namespace tarn::storage {
namespace {

std::unexpected<Error> Missing(const std::string &path) {
    return Fail(ErrorKind::kNotFound, "PATH_NOT_FOUND", "Path does not exist: " + path + ".");
}

}  // namespace

Result<std::string> MemoryStore::Read(const std::string &path) {
    std::lock_guard lock(mutex_);
    auto it = objects_.find(path);
    if (it == objects_.end()) return Missing(path);
    return it->second.bytes;
}

Result<std::string> MemoryStore::ReadRange(const std::string &path, uint64_t offset, uint64_t length) {
    std::lock_guard lock(mutex_);
    auto it = objects_.find(path);
    if (it == objects_.end()) return Missing(path);
    const std::string &bytes = it->second.bytes;
    if (offset > bytes.size() || length > bytes.size() - offset) {
        return Fail(ErrorKind::kCorrupt, "FAILED_READ_FILE",
                    path + " ends before byte " + std::to_string(offset) + " + " + std::to_string(length) + ".");
    }
    return bytes.substr(offset, length);
}

Result<void> MemoryStore::Put(const std::string &path, std::string_view bytes) {
    std::lock_guard lock(mutex_);
    objects_[path] = Object{std::string(bytes), ++clock_ms_};
    return {};
}

Result<PutOutcome> MemoryStore::PutIfAbsent(const std::string &path, std::string_view bytes) {
    std::lock_guard lock(mutex_);
    auto [it, inserted] = objects_.try_emplace(path);
    if (!inserted) return PutOutcome::kExists;
    it->second = Object{std::string(bytes), ++clock_ms_};
    return PutOutcome::kWritten;
}

Result<std::vector<ObjectInfo>> MemoryStore::List(const std::string &directory, const ListOptions &options) {
    std::lock_guard lock(mutex_);
    std::string prefix = JoinPath(directory, "");
    std::vector<ObjectInfo> out;
    for (auto it = objects_.upper_bound(prefix + options.start_after); it != objects_.end(); ++it) {
        const auto &[path, object] = *it;
        if (!path.starts_with(prefix)) break;
        if (options.limit > 0 && out.size() == options.limit) break;
        if (!std::string_view(path).substr(prefix.size()).starts_with(options.prefix)) continue;
        if (!options.recursive && path.find('/', prefix.size()) != std::string::npos) continue;
        out.push_back({path, static_cast<int64_t>(object.bytes.size()), object.modified_ms});
    }
    return out;
}

Result<ObjectInfo> MemoryStore::Head(const std::string &path) {
    std::lock_guard lock(mutex_);
    auto it = objects_.find(path);
    if (it == objects_.end()) return Missing(path);
    return ObjectInfo{path, static_cast<int64_t>(it->second.bytes.size()), it->second.modified_ms};
}

Result<void> MemoryStore::Delete(const std::string &path) {
    std::lock_guard lock(mutex_);
    objects_.erase(path);
    return {};
}

Result<void> MemoryStore::MakeDurable(const std::vector<std::string> &, const std::string &) { return {}; }

void MemoryStore::SetModified(const std::string &path, int64_t modified_ms) {
    std::lock_guard lock(mutex_);
    auto it = objects_.find(path);
    if (it != objects_.end()) it->second.modified_ms = modified_ms;
}

FaultyStore::Plan FaultyStore::RandomFaults(uint64_t seed, double rate) {
    return [dice = std::mt19937_64(seed), rate](const CallInfo &) mutable {
        // Not std::uniform_*: their results differ between standard libraries, and a seed must replay anywhere.
        uint64_t roll = dice();
        if (static_cast<double>(roll >> 11) / 9007199254740992.0 >= rate) return FaultKind::kNone;
        switch (roll % 3) {
            case 0: return FaultKind::kFail;
            case 1: return FaultKind::kLoseAnswer;
            default: return FaultKind::kLoseWrite;
        }
    };
}

FaultyStore::Plan FaultyStore::FaultAt(int64_t n, FaultKind kind) {
    return [n, kind](const CallInfo &call) { return call.number == n ? kind : FaultKind::kNone; };
}

FaultKind FaultyStore::NextFault(std::string_view operation, std::string_view path) {
    std::lock_guard lock(mutex_);
    return plan_(CallInfo{operation, path, ++calls_});
}

// What a write leaves that broke off: half of an object of another name, as stores that write before they rename do.
void FaultyStore::Tear(FaultKind fault, const std::string &path, std::string_view bytes) {
    if (fault != FaultKind::kTear && fault != FaultKind::kDieTorn) return;
    (void)inner_.Put(path.substr(0, path.rfind('/') + 1) + ".tarn-tmp-torn", bytes.substr(0, bytes.size() / 2));
    if (fault == FaultKind::kDieTorn) DieNow();
}

namespace {

std::unexpected<Error> Injected(FaultKind fault, bool is_write, const std::string &path) {
    bool unknown = is_write && (fault == FaultKind::kLoseAnswer || fault == FaultKind::kLoseWrite);
    return Fail(unknown ? ErrorKind::kUnknownOutcome : ErrorKind::kIo, "IO_ERROR", "Injected fault at " + path + ".");
}

// Runs a write under a fault: it may happen although its caller hears nothing.
template <class Call>
auto FaultyWrite(FaultKind fault, const std::string &path, Call call) -> decltype(call()) {
    if (fault == FaultKind::kNone) return call();
    if (fault == FaultKind::kLoseAnswer) (void)call();
    return Injected(fault, true, path);
}

template <class Call>
auto FaultyRead(FaultKind fault, const std::string &path, Call call) -> decltype(call()) {
    if (fault == FaultKind::kNone) return call();
    return Injected(fault, false, path);
}

}  // namespace

Result<std::string> FaultyStore::Read(const std::string &path) {
    return FaultyRead(NextFault("Read", path), path, [&] { return inner_.Read(path); });
}

Result<std::string> FaultyStore::ReadRange(const std::string &path, uint64_t offset, uint64_t length) {
    return FaultyRead(NextFault("ReadRange", path), path, [&] { return inner_.ReadRange(path, offset, length); });
}

Result<void> FaultyStore::Put(const std::string &path, std::string_view bytes) {
    FaultKind fault = NextFault("Put", path);
    Tear(fault, path, bytes);
    return FaultyWrite(fault, path, [&] { return inner_.Put(path, bytes); });
}

Result<PutOutcome> FaultyStore::PutIfAbsent(const std::string &path, std::string_view bytes) {
    FaultKind fault = NextFault("PutIfAbsent", path);
    Tear(fault, path, bytes);
    return FaultyWrite(fault, path, [&] { return inner_.PutIfAbsent(path, bytes); });
}

Result<std::vector<ObjectInfo>> FaultyStore::List(const std::string &directory, const ListOptions &options) {
    return FaultyRead(NextFault("List", directory), directory, [&] { return inner_.List(directory, options); });
}

Result<ObjectInfo> FaultyStore::Head(const std::string &path) {
    return FaultyRead(NextFault("Head", path), path, [&] { return inner_.Head(path); });
}

Result<void> FaultyStore::Delete(const std::string &path) {
    return FaultyWrite(NextFault("Delete", path), path, [&] { return inner_.Delete(path); });
}

Result<void> FaultyStore::MakeDurable(const std::vector<std::string> &paths, const std::string &settled) {
    for (const std::string &path : paths) {
        TARN_CHECK(FaultyWrite(NextFault("MakeDurable", path), path, [&] { return inner_.MakeDurable({path}, settled); }));
    }
    return {};
}

}  // namespace tarn::storage
