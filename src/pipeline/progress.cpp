#include "pipeline/progress.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>

#include "delta/schema.h"
#include "storage/local_store.h"

namespace tarn::pipeline {
namespace {

using nlohmann::json;

json ToJson(const FlowState &state, int64_t batch) {
    json root = {{"format", 1}, {"batch", batch}, {"files", json::object()}, {"schemas", json::object()},
                 {"versions", state.versions}, {"ids", state.ids}, {"fingerprint", state.fingerprint}};
    for (auto &[key, files] : state.files) {
        json list = json::array();
        for (auto &file : files) list.push_back({{"path", file.path}, {"size", file.size}, {"modified_us", file.modified_us}});
        root["files"][key] = std::move(list);
    }
    for (auto &[key, schema] : state.schemas) root["schemas"][key] = json::parse(delta::SchemaToJson(schema));
    return root;
}

}  // namespace

std::filesystem::path ProgressStore::PathOf(int64_t batch) const { return folder_ / (std::to_string(batch) + ".json"); }

Result<FlowState> ProgressStore::Load(int64_t batch) const {
    std::filesystem::path path = PathOf(batch);
    auto corrupt = [&](const std::string &why) {
        Error error = MakeError(ErrorKind::kCorrupt, "STREAM_FAILED", "The flow's progress " + path.string() + " " + why + ".");
        error.remedy = "Restore the file, or start over with --full-refresh.";
        return Fail(std::move(error));
    };
    std::ifstream in(path, std::ios::binary);
    if (!in) return corrupt("is missing, though its batch was committed");
    json root = json::parse(in, nullptr, false);
    try {
        FlowState state;
        for (auto &[key, list] : root.at("files").items()) {
            for (auto &file : list) {
                state.files[key].push_back({file.at("path"), file.at("size"), file.at("modified_us")});
            }
        }
        for (auto &[key, schema] : root.at("schemas").items()) {
            TARN_TRY(state.schemas[key], delta::ParseSchema(schema.dump()));
        }
        for (auto &[table, version] : root.at("versions").items()) state.versions[table] = version;
        // Older states have neither.
        json ids = root.value("ids", json::object());
        for (auto &[table, id] : ids.items()) state.ids[table] = id;
        state.fingerprint = root.value("fingerprint", "");
        return state;
    } catch (const json::exception &) {
        return corrupt("cannot be read");
    }
}

Result<void> ProgressStore::Save(int64_t batch, const FlowState &state) const {
    storage::LocalStore store;
    TARN_CHECK(store.Put(PathOf(batch).string(), ToJson(state, batch).dump(1)));
    if (batch >= 2) return store.Delete(PathOf(batch - 2).string());
    return {};
}

Result<FileLock> FileLock::Take(const std::filesystem::path &path) {
    std::error_code failed;
    std::filesystem::create_directories(path.parent_path(), failed);
    int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    while (file >= 0 && flock(file, LOCK_EX) != 0) {
        if (errno == EINTR) continue;
        int error = errno;
        close(file);
        file = -1;
        errno = error;
    }
    if (file < 0) return Fail(ErrorKind::kIo, "IO_ERROR", "Cannot lock " + path.string() + ": " + std::generic_category().message(errno) + ".");
    return FileLock(file);
}

FileLock::~FileLock() {
    if (file_ >= 0) close(file_);
}

Result<void> ProgressStore::Clear() const {
    std::error_code failed;
    std::filesystem::remove_all(folder_, failed);
    if (failed) return Fail(ErrorKind::kIo, "IO_ERROR", "Cannot remove " + folder_.string() + ": " + failed.message() + ".");
    return {};
}

}  // namespace tarn::pipeline
