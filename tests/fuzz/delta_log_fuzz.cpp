// A log of strangers: the input, cut at "\n---\n", becomes the commits of a table.
#include <string_view>

#include "delta/history.h"
#include "delta/snapshot.h"
#include "storage/memory_store.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    using namespace tarn;
    std::string_view input(reinterpret_cast<const char *>(data), size);
    storage::MemoryStore store;
    delta::Log log(store, "/t");
    for (int64_t version = 0; version < 20; version++) {
        size_t cut = input.find("\n---\n");
        (void)store.Put(log.CommitPath(version), input.substr(0, cut));
        if (cut == std::string_view::npos) break;
        input.remove_prefix(cut + 5);
    }
    auto snapshot = delta::LoadSnapshot(store, "/t");
    if (snapshot) {
        (void)delta::CheckReadable(**snapshot);
        (void)delta::CheckWritable(**snapshot);
        (void)(*snapshot)->TotalRows();
        // What was read can be written, and says the same again.
        for (const auto &file : (*snapshot)->files) {
            std::string line = delta::ToJson(*file);
            std::string again;
            auto parsed = delta::ParseActions(line, "again", [&](delta::Action &&action) -> Result<void> {
                again = delta::ToJson(action);
                return {};
            });
            TARN_ASSERT(parsed && line == again);
        }
    }
    (void)delta::ReadHistory(store, "/t");
    (void)delta::VersionAt(store, "/t", 1'700'000'000'001);
    return 0;
}
