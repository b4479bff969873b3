/* Calls every function that allocates, and fills what it gets. */
#include "steps.h"

static void *volatile p[16];

static void step(int n) {
    switch (n) {
    case 0:
        p[0] = malloc(1);
        p[1] = malloc(1000);
        p[2] = malloc(1000000);
        p[3] = calloc(7, 11);
        p[4] = calloc(1000, 1000);
        p[5] = malloc(0);
        for (int i = 0; i < 77; i++) CHECK(((char *)p[3])[i] == 0);
        for (int i = 0; i < 1000000; i++) CHECK(((char *)p[4])[i] == 0);
        memset(p[0], 255, 1);
        memset(p[1], 255, 1000);
        memset(p[2], 255, 1000000);
        CHECK(malloc_usable_size(p[1]) == 1000);
        CHECK(malloc_usable_size(p[2]) == 1000000);
        break;
    case 1:
        p[0] = realloc(p[0], 500);
        p[1] = realloc(p[1], 10);
        p[2] = realloc(p[2], 2000000);
        CHECK(((unsigned char *)p[2])[999999] == 255);
        memset(p[0], 1, 500);
        memset(p[1], 1, 10);
        memset(p[2], 1, 2000000);
        p[6] = realloc(NULL, 33);
        p[7] = reallocarray(NULL, 5, 5);
        CHECK(realloc(p[6], 0) == NULL);
        CHECK(realloc(p[0], SIZE_MAX - 64) == NULL);
        CHECK(reallocarray(p[7], SIZE_MAX / 2, 3) == NULL);
        CHECK(malloc(SIZE_MAX) == NULL && calloc(SIZE_MAX, 2) == NULL);
        break;
    case 2:
        p[8] = aligned_alloc(4096, 8192);
        p[9] = memalign(64, 100);
        p[10] = valloc(5000);
        p[11] = pvalloc(5000);
        CHECK(posix_memalign((void **)&p[12], 256, 300) == 0);
        CHECK(posix_memalign((void **)&p[13], 3, 300) == 22);
        CHECK((uintptr_t)p[8] % 4096 == 0 && (uintptr_t)p[10] % 4096 == 0);
        CHECK((uintptr_t)p[12] % 256 == 0 && (uintptr_t)p[9] % 64 == 0);
        memset(p[8], 255, 8192);
        memset(p[11], 255, 8192);
        break;
    default:
        for (int i = 0; i < 13; i++)
            if (i != 6) free(p[i]);
        free(NULL);
    }
}
