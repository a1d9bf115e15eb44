// Deletion vectors of strangers, as bytes and as inline text.
#include "delta/deletion_vector.h"
#include "storage/memory_store.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    using namespace tarn::delta;
    std::string bytes(reinterpret_cast<const char *>(data), size);
    auto vector = DeletionVector::Parse(bytes, "fuzz");
    if (vector && vector->Cardinality() < 10'000'000) {
        auto again = DeletionVector::Parse(vector->Serialize(), "again");
        TARN_ASSERT(again && again->Rows() == vector->Rows());
    }
    tarn::storage::MemoryStore store;
    DeletionVectorDescriptor descriptor{'i', bytes, std::nullopt, static_cast<int32_t>(size / 5 * 4), 6};
    (void)ReadDeletionVector(store, "/t", descriptor);
    descriptor.storage_type = 'u';
    (void)ReadDeletionVector(store, "/t", descriptor);
    return 0;
}
