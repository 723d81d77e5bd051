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
    if (!getenv('MAIL_SERVER')) {
        $tests['direct']['varvol_mail'] = ['label' => 'Mail', 'test' => static fn (): array => [
            'label' => 'This host sends no mail',
            'status' => 'recommended',
            'badge' => ['label' => 'Mail', 'color' => 'orange'],
            'description' => '<p>What this site would send is lost, lost passwords among it. Whoever runs the host can have it send mail: varvol:mail.</p>',
            'actions' => '',
            'test' => 'varvol_mail',
        ]];
    }
    return $tests;
});

// WordPress's own sender is one of its domain's; the host may know one that somebody reads.
add_filter('wp_mail_from', static fn (string $from): string
    => str_starts_with($from, 'wordpress@') ? (getenv('MAIL_SENDER') ?: $from) : $from, 1);

// WordPress forbids caching of "not found"; a few seconds in nginx keep a crawler from waking PHP for each. What a plugin
// says of its own afterwards takes the place of this.
add_filter('nocache_headers', static function (array $headers): array {
    $query = $GLOBALS['wp_query'] ?? null;
    if (!$query instanceof WP_Query || !$query->is_404) {
        return $headers;
    }
    return ['Cache-Control' => 'no-cache, must-revalidate, max-age=0', 'X-Accel-Expires' => '10'] + $headers;
});

// Robots ask for it all day: it is kept until something changes, as a page is (pages.php).
add_action('do_robotstxt', static function (): void {
    header('X-Accel-Expires: 86400');
});

// When something is due: a php-fpm that sleeps is woken then (images/on-demand/waker), and not before.
$due = static function (): void {
    $moments = array_filter(array_keys(_get_cron_array()), 'is_int');
    @file_put_contents('/tmp/cron-next', (string) ($moments ? min($moments) : time() + DAY_IN_SECONDS));
};
add_action('update_option_cron', $due);
add_action('shutdown', static function () use ($due): void {
    if (wp_doing_cron()) {
        $due();
    }
});

// nginx answers from its store while MySQL is away, and never in place of an error of the site's own: that takes the
// page's place in the store, for a second.
header_register_callback(static function (): void {
    if (http_response_code() < 500) {
        // What changes while a page is made must not be kept as it was.
        if (Varvol\Pages\outdated()) {
            header('X-Accel-Expires: 0');
        }
        return;
    }
    $connection = ($GLOBALS['wpdb'] ?? null)?->dbh;
    if (!$connection instanceof mysqli && mysqli_connect_errno() !== 0) {
        // No number: nginx takes it for no answer at all.
        header('HTTP/1.1 the database does not answer');
    } elseif (!preg_grep('/^(?:Set-Cookie|X-Accel-Expires):/i', headers_list())) {
        header('X-Accel-Expires: 1');
    }
});
