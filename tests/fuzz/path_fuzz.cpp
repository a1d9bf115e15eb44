// Paths of strangers: what a log names relative to its table lies below the table, however it is spelt.
#include <string>
#include <string_view>

#include "delta/deletion_vector.h"
#include "delta/snapshot.h"
#include "storage/memory_store.h"
#include "storage/path.h"

namespace {

using namespace tarn;

bool Below(const std::string &root, const std::string &path) {
    return path.starts_with(root + "/") && !(path + "/").contains("/../") && path.find('\0') == std::string::npos;
}

bool NamesAnotherPlace(const std::string &text) {
    return !storage::SchemeOf(text).empty() || storage::PercentDecode(text).starts_with('/');
}

// A reader of checkpoints that only looks at where it is sent.
class Sidecars final : public delta::CheckpointIo {
public:
    Result<void> ReadParquet(const std::string &path, delta::CheckpointSink &) override {
        TARN_ASSERT(Below("/data/t/_delta_log/_sidecars", path));
        return {};
    }
    Result<std::string> WriteParquet(const delta::CheckpointRows &) override { return std::string(); }
};

void FollowSidecar(const std::string &text) {
    for (unsigned char c : text) {
        if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\') return;
    }
    storage::MemoryStore store;
    delta::Log log(store, "/data/t");
    (void)store.Put("/data/t/_delta_log/00000000000000000001.checkpoint.0b1fa8d1-6ec6-4a5b-9a0d-0d2ac9d1a7f0.json",
                    R"({"checkpointMetadata":{"version":1}})" "\n" R"({"sidecar":{"path":")" + text +
                        R"(","sizeInBytes":1,"modificationTime":1}})" "\n");
    Sidecars io;
    (void)delta::LoadSnapshot(store, "/data/t", {.io = &io});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    std::string text(reinterpret_cast<const char *>(data), size);
    bool elsewhere = NamesAnotherPlace(text);
    for (const std::string root : {"/data/t", "s3://bucket/t"}) {
        auto path = storage::ResolveActionPath(root, text);
        if (path && !elsewhere) TARN_ASSERT(Below(root, *path));
        std::string key = storage::ActionPathKey(root, text);
        if (storage::IsPlainActionPath(text)) TARN_ASSERT(key == text);
    }
    (void)storage::CanonicalPath(text);
    TARN_ASSERT(storage::PercentDecode(storage::PercentEncode(text)) == text);

    storage::MemoryStore empty;
    storage::FaultyStore watched(empty, [](const storage::CallInfo &call) {
        TARN_ASSERT(Below("/data/t", std::string(call.path)));
        return storage::FaultKind::kNone;
    });
    (void)delta::ReadDeletionVector(watched, "/data/t", {'u', text, 1, 34, 1});
    if (!elsewhere) FollowSidecar(text);
    return 0;
}
