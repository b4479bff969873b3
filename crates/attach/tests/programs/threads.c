/* Eight threads that free and resize each other's blocks. After the first step the
   loader keeps their thread vectors. The second step keeps one block. */
#include "steps.h"

enum { THREADS = 8, EACH = 20000, SLOTS = 512 };
static void *volatile slots[SLOTS];

static void *work(void *seed) {
    unsigned long x = (unsigned long)seed * 7919 + 1;
    for (int n = 0; n < EACH; n++) {
        x = x * 6364136223846793005ul + 1442695040888963407ul;
        unsigned size = 1 + (x >> 40) % 3000;
        void *block;
        switch ((x >> 33) % 4) {
        case 0: block = calloc(1, size); break;
        case 1: block = memalign(64, size); break;
        case 2: block = realloc(malloc(size / 2 + 1), size); break;
        default: block = malloc(size);
        }
        memset(block, 255, size);
        free(__atomic_exchange_n(&slots[(x >> 50) % SLOTS], block, __ATOMIC_SEQ_CST));
    }
    return NULL;
}

static void step(int n) {
    pthread_t all[THREADS];
    for (long i = 0; i < THREADS; i++)
        pthread_create(&all[i], NULL, work, (void *)(i + n * THREADS));
    for (int i = 0; i < THREADS; i++) pthread_join(all[i], NULL);
    for (int i = 0; i < SLOTS; i++) {
        free(slots[i]);
        slots[i] = NULL;
    }
    if (n == 1) slots[0] = malloc(12345); // KEPT
}
