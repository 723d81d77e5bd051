<?php
// Hooks that belong to the host, not to the site: they live in the image, out of reach of the content.

// A newer core comes with a newer image.
add_filter('pre_site_transient_update_core', static fn (): stdClass => (object) [
    'updates' => [],
    'translations' => [],
    'version_checked' => $GLOBALS['wp_version'],
    'last_checked' => time(),
]);
add_filter('map_meta_cap', static fn (array $needed, string $capability): array
    => $capability === 'update_core' ? ['do_not_allow'] : $needed, 10, 2);
add_action('init', static function (): void {
    remove_action('wp_version_check', 'wp_version_check');
});
add_filter('site_status_tests', static function (array $tests): array {
    unset($tests['async']['background_updates']);
    return $tests;
});

// WordPress forbids caching of "not found"; a few seconds in nginx keep a crawler from waking PHP for each.
add_filter('nocache_headers', static function (array $headers): array {
    $query = $GLOBALS['wp_query'] ?? null;
    return $query instanceof WP_Query && $query->is_404 ? $headers + ['X-Accel-Expires' => '10'] : $headers;
});
