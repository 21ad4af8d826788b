export const resize = { name: 'resize' };
