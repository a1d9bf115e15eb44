#include "engine/internal/object_source.h"

#include <algorithm>
#include <memory>

#include "storage/object_reader.h"

namespace tarn::engine {
namespace {

class ObjectSource final : public extjson::ByteSource {
public:
    ObjectSource(storage::ObjectStore &store, const std::string &path, uint64_t size) : reader_(store, path, size) {}

    Result<size_t> Read(char *buffer, size_t size) override {
        auto count = static_cast<size_t>(std::min<uint64_t>(size, reader_.size() - position_));
        TARN_CHECK(reader_.Read(position_, buffer, count));
        position_ += count;
        return count;
    }

private:
    storage::ObjectReader reader_;
    uint64_t position_ = 0;
};

}  // namespace

extjson::InputFile InputOf(const JsonFile &file) {
    if (storage::IsLocalPath(file.path)) return {file.path, nullptr};
    return {file.path, [path = file.path, size = file.size]() -> Result<std::unique_ptr<extjson::ByteSource>> {
                TARN_TRY(storage::ObjectStore * store, storage::StoreFor(path));
                return std::make_unique<ObjectSource>(*store, path, static_cast<uint64_t>(size));
            }};
}

}  // namespace tarn::engine
